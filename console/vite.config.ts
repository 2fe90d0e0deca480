import { defineConfig } from 'vite';

/** Where `npm run dev` finds a console that runs: `yujing console`, or the fixture server of the tests. */
const server = process.env.YUJING_CONSOLE ?? 'http://127.0.0.1:8090';

export default defineConfig({
  // The program puts a fresh nonce in its place each time it answers the page.
  html: { cspNonce: '__CSP_NONCE__' },
  build: {
    target: 'es2022',
    // A preload would be a script in the page; all files are small and on the same host.
    modulePreload: false,
    assetsInlineLimit: 0,
    // React with Ant Design, which every page needs.
    chunkSizeWarningLimit: 1200,
    rollupOptions: {
      output: { experimentalMinChunkSize: 8_000 },
      onwarn: (warning, warn) => {
        // Ant Design marks its files for frameworks that render on a server.
        if (warning.code !== 'MODULE_LEVEL_DIRECTIVE') warn(warning);
      },
    },
  },
  esbuild: { legalComments: 'none' },
  server: { proxy: { '/api': server } },
});
