/** The nonce that the server gave this page, for the style elements that libraries write. */
export const nonce = document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce;
