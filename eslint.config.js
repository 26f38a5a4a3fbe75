'use strict';

const js = require('@eslint/js');
const globals = require('globals');

module.exports = [
  { ignores: ['coverage/', '**/target/'] },
  js.configs.recommended,
  {
    files: ['**/*.js', '**/*.mjs'],
    languageOptions: {
      ecmaVersion: 2022,
      globals: globals.node
    },
    rules: {
      'no-unused-vars': ['error', { caughtErrors: 'none' }],
      'no-var': 'error',
      'prefer-const': 'error'
    }
  },
  {
    files: ['**/*.js'],
    languageOptions: { sourceType: 'commonjs' },
    rules: { strict: ['error', 'global'] }
  },
  {
    files: ['examples/start/public/**'],
    languageOptions: { globals: globals.browser, sourceType: 'module' },
    rules: { strict: 'off' }
  }
];
