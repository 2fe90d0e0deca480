import type { Bilingual } from '../api/records';

const text = (zh: string, en: string): Bilingual => ({ zh, en });

/** Texts of who is not logged in yet. */
export const loginTexts = {
  'login.title': text('用户登录', 'Log in'),
  'login.name': text('账号', 'Account'),
  'login.password': text('密码', 'Password'),
  'login.submit': text('登录', 'Log in'),
  'login.name_missing': text('请输入账号', 'Give your account'),
  'login.password_missing': text('请输入密码', 'Give your password'),
  'login.ended': text('登录已过期', 'Your session has ended'),
  'login.ended_note': text('请重新登录。已填写的内容不会丢失。', 'Log in again. What you typed is kept.'),
  'login.no_account': text('没有账号的，请向本单位系统管理员申请。', 'No account? Ask the administrator of your office.'),
  'login.provider': text('统一身份认证登录', 'Log in with the office’s account'),
  'login.provider_aside': text('将打开新窗口，登录后回到本页即可继续。', 'It opens another window: log in there, then come back to this page.'),
  'login.or': text('或者使用本系统账号', 'Or with an account of this system'),
  'login.administrators': text('密码登录仅限系统管理员。', 'Only administrators log in with a password.'),

  'refusal.expired': text('登录超时，或者该链接已经使用过，请重新登录。', 'That login took too long or was used already: log in again.'),
  'refusal.away': text('统一身份认证暂无应答，请稍后再试；有本系统密码的，可以用密码登录。', 'The identity provider does not answer: try later, or log in with a password of this system.'),
  'refusal.refused': text('统一身份认证没有通过本次登录，请重新登录。', 'The identity provider did not let you in: log in again.'),
  'refusal.unusable': text('统一身份认证返回的信息未能通过核验，请重新登录；仍不行的，请联系系统管理员。', 'What the identity provider says of you does not verify: log in again, or tell the administrator.'),
  'refusal.name': text('统一身份认证返回的账号名不能使用，请联系系统管理员。', 'The name that the identity provider gives cannot be used: tell the administrator.'),
  'refusal.name_taken': text('本系统已有同名账号，请联系系统管理员处理。', 'Another account has your name: tell the administrator.'),
  'refusal.no_role': text('您所在的用户组没有本系统的权限，请向本单位系统管理员申请。', 'None of your groups may use this system: ask the administrator of your office.'),
  'refusal.disabled': text('该账号已在本系统停用，请联系系统管理员。', 'The account was disabled in this system: ask the administrator.'),
  'refusal.busy': text('登录人数较多，请稍后再试。', 'Many people are logging in: try again in a moment.'),
} as const satisfies Record<string, Bilingual>;
