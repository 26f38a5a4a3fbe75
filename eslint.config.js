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
    // What waits must not depend on a clock that may be set.
    files: ['lib/**'],
    rules: {
      'no-restricted-properties': ['error', { object: 'Date', property: 'now' }]
    }
  },
  {
    files: ['examples/start/public/**'],
    languageOptions: { globals: globals.browser, sourceType: 'module' },
    rules: { strict: 'off' }
  }
];
