'use strict';

// The code blocks of a README as programs that run on this machine alone.

/** What is put in front of and behind a block that is not complete. */
const FRAMES = {
  'Client authentication': [
    '',
    `function authenticate(request, next) {
      next(null, request.headers['x-client']);
    }`
  ],
  'How to get the IP address of the client? 2': [
    `import { WebSocketServer } from 'ws';

    const wss = new WebSocketServer({ port: 8080 });`,
    ''
  ]
};

/** Makes a server print where it listens. */
const ANNOUNCE = `{
  const listening = typeof server === 'undefined' ? wss : server;

  listening.on('listening', () => {
    console.log('Listening on ws://localhost:%d', listening.address().port);
  });
}`;

/**
 * Finds the blocks of JavaScript.
 *
 * @param {String} markdown The README
 * @return {Object.<String, String>} The blocks, by the heading they are under;
 *     from the second on a heading is followed by a number
 */
function findBlocks(markdown) {
  const blocks = {};
  let heading;

  for (const [, title, code] of markdown.matchAll(
    /^#+ (.+)$|^```js\n([^]*?)^```$/gm
  )) {
    if (title) {
      heading = title;
      continue;
    }

    let name = heading;

    for (let i = 2; name in blocks; i++) name = `${heading} ${i}`;
    blocks[name] = code;
  }

  return blocks;
}

/**
 * Makes a program of a block: with ports, files and URLs of this machine, and
 * without long waiting.
 *
 * @param {String} name The block's name
 * @param {String} code The block
 * @param {Object} machine What to use
 * @param {String} machine.url The URL of a server
 * @param {String} machine.cert A certificate
 * @param {String} machine.key Its key
 * @return {String} The program, an ECMAScript module
 */
function adapt(name, code, { url, cert, key }) {
  const [before, after] = FRAMES[name] || ['', ''];
  const program = `${before}\n${code}\n${after}`
    .replace(/\b8080\b/g, '0')
    .replace(/'wss?:\/\/(www\.host|websocket-echo)\.com\/[^']*'/g, `'${url}'`)
    .replace("'/path/to/cert.pem'", JSON.stringify(cert))
    .replace("'/path/to/key.pem'", JSON.stringify(key))
    .replace(/\b30000\b/g, '200');

  return /new WebSocketServer/.test(program) ? program + ANNOUNCE : program;
}

/**
 * Turns an ECMAScript module into a CommonJS one.
 *
 * @param {String} code The module; its imports are simple
 * @return {String} The other module
 */
function toCommonJs(code) {
  return code.replace(
    /^( *)import (?:(\w+)(?:, )?)?({[^}]+})? from ('[^']+');$/gm,
    (line, indent, whole, names, specifier) =>
      [whole, names]
        .filter(Boolean)
        .map((target) => `${indent}const ${target} = require(${specifier});`)
        .join('\n')
  );
}

module.exports = { adapt, findBlocks, toCommonJs };
