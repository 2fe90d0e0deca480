-- Accounts that the office's identity provider keeps: who they are there, whatever they are called.
ALTER TABLE account ADD COLUMN issuer TEXT;
ALTER TABLE account ADD COLUMN subject TEXT;
CREATE UNIQUE INDEX account_by_subject ON account (issuer, subject);
