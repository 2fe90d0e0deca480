// An identity provider for tests: the certified `oidc-provider` with made-up people, who log in with any password.
//
//   node provider.mjs ISSUER CLIENT_SECRET CALLBACK HOME
//
// `POST /control` with {"rotate": true} gives it other keys, with {"spoil": "audience" | "expired" | "nonce" | "signature" |
// "issuer" | "none" | null} has it give out ID tokens that are no good, with {"groups": {"NAME": [..]}} moves people, with
// {"implicit": true} has it put all claims into ID tokens instead of its UserInfo endpoint.
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { decodeJwt, exportJWK, generateKeyPair, importJWK, SignJWT, UnsecuredJWT } from 'jose';
import Provider from 'oidc-provider';

const [issuer, secret, callback, home] = process.argv.slice(2);

/** People by the name that they type in. */
const people = {
  zhang: { name: '张三', groups: ['station-officers', 'others'] },
  li: { name: '李四', groups: ['district-viewers'] },
  wang: { name: '王五', groups: ['nobody-knows'] },
  zhao: { name: '赵六' },
  root: { name: '假管理员', groups: ['district-viewers'] },
};

let spoil = null;
let implicit = false;
let key;
let provider;

async function begin() {
  const { privateKey } = await generateKeyPair('RS256', { extractable: true });
  key = { ...(await exportJWK(privateKey)), kid: randomUUID(), alg: 'RS256', use: 'sig' };
  provider = new Provider(issuer, {
    clients: [
      {
        client_id: 'yujing-console',
        client_secret: secret,
        redirect_uris: [callback],
        post_logout_redirect_uris: [home],
        grant_types: ['authorization_code'],
        response_types: ['code'],
      },
    ],
    jwks: { keys: [key] },
    cookies: { keys: ['a key of tests'] },
    pkce: { required: () => true },
    claims: { openid: ['sub'], profile: ['name', 'preferred_username', 'groups'] },
    conformIdTokenClaims: !implicit,
    findAccount: (_, id) => ({
      accountId: id,
      claims: () => ({ sub: `id-of-${id}`, preferred_username: id, ...people[id] }),
    }),
    // Nobody is asked whether the console may know who they are.
    async loadExistingGrant({ oidc }) {
      const grant = new oidc.provider.Grant({ clientId: oidc.client.clientId, accountId: oidc.session.accountId });
      grant.addOIDCScope('openid profile');
      await grant.save();
      return grant;
    },
  });
  provider.use(async (context, next) => {
    await next();
    if (context.oidc?.route === 'token' && context.body?.id_token !== undefined && spoil !== null) {
      context.body.id_token = await spoiled(context.body.id_token);
    }
  });
}

/** The same token with something that is not as it should be. */
async function spoiled(token) {
  const claims = decodeJwt(token);
  const now = Math.floor(Date.now() / 1000);
  const otherwise = {
    audience: { aud: 'another-client' },
    expired: { iat: now - 7200, exp: now - 3600 },
    nonce: { nonce: 'of another login' },
    issuer: { iss: 'http://127.0.0.1:1' },
  };
  const changed = { ...claims, ...otherwise[spoil] };
  if (spoil === 'none') return new UnsecuredJWT(changed).encode();
  const signing = spoil === 'signature' ? (await generateKeyPair('RS256')).privateKey : await importJWK(key, 'RS256');
  return new SignJWT(changed).setProtectedHeader({ alg: 'RS256', kid: key.kid }).sign(signing);
}

async function control(request, response) {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  const asked = JSON.parse(text);
  if ('spoil' in asked) spoil = asked.spoil;
  for (const [name, groups] of Object.entries(asked.groups ?? {})) people[name].groups = groups;
  if ('implicit' in asked) implicit = asked.implicit;
  if (asked.rotate === true || 'implicit' in asked) await begin();
  response.writeHead(204).end();
}

await begin();
const server = createServer((request, response) => {
  if (request.url === '/control') void control(request, response);
  else provider.callback()(request, response);
});
server.listen(Number(new URL(issuer).port), '127.0.0.1');
await once(server, 'listening');
console.log('ready');
