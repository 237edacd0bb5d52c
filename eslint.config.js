import astro from 'eslint-plugin-astro'
import importX from 'eslint-plugin-import-x'
import tseslint from 'typescript-eslint'

/** Which room may not reach into which: schema + profiles -> core -> registry -> commands | lab | site. */
const arrow = (target, from, message) => ({ target, from, message })

export default tseslint.config(
  { ignores: ['node_modules', 'site/dist', 'site/.astro', '.cache'] },
  ...tseslint.configs.recommended,
  ...astro.configs.recommended,
  {
    files: ['**/*.ts', '**/*.js', '**/*.astro'],
    plugins: { 'import-x': importX },
    settings: {
      'import-x/resolver-next': [
        importX.createNodeResolver({ extensions: ['.ts', '.js', '.json'] }),
      ],
    },
    rules: {
      'max-lines': ['error', { max: 300, skipComments: false }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unused-vars': [
        'error',
        { varsIgnorePattern: '^_', argsIgnorePattern: '^_' },
      ],
      '@typescript-eslint/no-explicit-any': 'error',
      'no-restricted-properties': [
        'error',
        { object: 'process', property: 'exit', message: 'set process.exitCode and return' },
      ],
      'import-x/no-restricted-paths': [
        'error',
        {
          zones: [
            arrow('./scripts/core', './scripts/lab', 'core imports nothing above it'),
            arrow('./scripts/core', './scripts/*.ts', 'core imports nothing above it'),
            arrow('./scripts/core', './site', 'core imports nothing above it'),
            arrow('./scripts', './site/src', 'the site reads scripts, never the other way'),
            arrow('./site', './scripts/lab', 'the site never imports the lab'),
          ],
        },
      ],
    },
  },
  {
    files: ['**/*.test.ts'],
    rules: { 'import-x/no-restricted-paths': 'off' },
  },
  {
    files: ['scripts/core/**/*.ts'],
    ignores: ['**/*.test.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            { group: ['node:*'], message: 'core runs in the browser: text in, values out' },
          ],
        },
      ],
    },
  },
  {
    files: ['scripts/**/*.ts'],
    ignores: ['scripts/lab/exec.ts', 'scripts/core/**'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          paths: [{ name: 'node:child_process', message: 'only scripts/lab/exec.ts spawns' }],
        },
      ],
    },
  },
)
