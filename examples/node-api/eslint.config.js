import tseslint from 'typescript-eslint';

export default tseslint.config(
  { ignores: ['dist/', 'public/client.js', 'node_modules/'] },
  ...tseslint.configs.recommended,
  { rules: { '@typescript-eslint/consistent-type-imports': 'error' } },
);
