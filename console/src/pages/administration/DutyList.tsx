import { Select, Tag } from 'antd';
import { useState } from 'react';
import type { Schema } from '../../api/client';
import { useTexts } from '../../texts/language';

interface Props {
  duties: Schema<'Duty'>[];
  posts: Schema<'DirectoryPost'>[];
  roles: Schema<'Directory'>['roles'];
  onChange: (duties: Schema<'Duty'>[]) => void;
}

/** The posts at which an account acts, each with its role there: first the post is chosen, then one of its roles. */
export function DutyList({ duties, posts, roles, onChange }: Props) {
  const { t, of, word } = useTexts();
  const [post, setPost] = useState<string | null>(null);
  const titleOf = (id: string) => {
    const known = posts.find((candidate) => candidate.id === id);
    return known === undefined ? id : of(known.title);
  };
  const roleOf = (id: string) => {
    const known = roles.find((role) => role.id === id);
    return known === undefined ? word('role', id) : of(known.title);
  };
  const held = posts.find(({ id }) => id === post)?.roles ?? [];
  const rolesThere = held.length > 0 ? held : roles.map(({ id }) => id);
  const add = (role: string) => {
    if (post !== null && !duties.some((duty) => duty.post === post && duty.role === role)) onChange([...duties, { post, role }]);
    setPost(null);
  };
  return (
    <fieldset className="access-part">
      <legend>{t('accounts.duties')}</legend>
      {duties.map((duty) => {
        const name = `${titleOf(duty.post)}：${roleOf(duty.role)}`;
        return (
          <Tag
            key={`${duty.post}=${duty.role}`}
            closable
            closeIcon={<span aria-label={t('accounts.remove', { name })}>×</span>}
            onClose={() => onChange(duties.filter((other) => other !== duty))}
          >
            <bdi>{name}</bdi>
          </Tag>
        );
      })}
      <div className="access-choices">
        <Select<string>
          className="access-choice"
          aria-label={t('accounts.add_duty')}
          placeholder={t('accounts.add_duty')}
          showSearch
          optionFilterProp="label"
          value={post}
          options={posts.map(({ id, title }) => ({ value: id, label: of(title) }))}
          onChange={setPost}
        />
        <Select<string>
          className="access-choice"
          aria-label={t('accounts.post_role')}
          placeholder={t('accounts.post_role')}
          disabled={post === null}
          value={null}
          options={rolesThere.map((role) => ({ value: role, label: roleOf(role) }))}
          onChange={(role) => add(role)}
        />
      </div>
    </fieldset>
  );
}
