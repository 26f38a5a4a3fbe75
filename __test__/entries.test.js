'use strict';

const { execFile } = require('child_process');
const fs = require('fs');
const { createRequire } = require('module');
const path = require('path');
const { pathToFileURL } = require('url');
const { promisify } = require('util');

const { compare, scenario } = require('./support/differential');

/** Something that uses masking and UTF-8 validation. */
const ECHO = `
  const WebSocket = require('ws');
  const wss = new WebSocket.Server({ host: '127.0.0.1', port: 0 }, () => {
    const ws = new WebSocket('ws://127.0.0.1:' + wss.address().port);

    ws.on('open', () => ws.send('grüße '.repeat(100)));
    ws.on('message', (data) => {
      console.log(data.toString().length);
      ws.close();
      wss.close();
    });
  });

  wss.on('connection', (ws) => ws.on('message', (data) => ws.send(String(data))));
`;

/**
 * @param {String} directory Where the package is installed as `ws`
 * @return {Function} `require()` of a program there
 */
function requireIn(directory) {
  return createRequire(path.join(directory, 'program.js'));
}

scenario('1.4: what modules can import', async (WebSocket, trace, tools) => {
  const directory = tools.install();
  const program = path.join(directory, 'program.mjs');

  fs.writeFileSync(
    program,
    "export * from 'ws';\nexport { default } from 'ws';\n"
  );

  const names = await import(pathToFileURL(program));

  trace.note('module', 'names', Object.keys(names));
  trace.note('module', 'default', names.default === WebSocket);
  for (const name of Object.keys(names)) {
    const same = names[name] === (WebSocket[name] || WebSocket);
    trace.note('module', name, same);
  }
});

scenario('1.5: entries of the package', (WebSocket, trace, tools) => {
  const load = requireIn(tools.install());

  for (const entry of [
    'ws',
    'ws/package.json',
    'ws/package',
    'ws/lib/websocket',
    'ws/lib/websocket.js',
    'ws/lib/sender.js',
    'ws/index.js',
    'ws/wrapper.mjs',
    'ws/browser.js'
  ]) {
    try {
      trace.note(entry, typeof load(entry));
    } catch (error) {
      trace.note(entry, error.code);
    }
  }

  trace.note('ws', 'is the class', load('ws') === WebSocket);
});

scenario('1.6: the manifest', (WebSocket, trace, tools) => {
  const manifest = requireIn(tools.install())('ws/package.json');

  trace.note('manifest', 'main', manifest.main);
  trace.note('manifest', 'browser', manifest.browser);
  trace.note('manifest', 'dependencies', manifest.dependencies);
  trace.note('manifest', 'exports', Object.keys(manifest.exports));
  trace.note('manifest', 'conditions', Object.keys(manifest.exports['.']));
});

scenario('1.7: the entry for browsers', (WebSocket, trace, tools) => {
  const directory = tools.install();
  const browser = require(
    fs.realpathSync(path.join(directory, 'node_modules', 'ws', 'browser.js'))
  );

  trace.alias('oxws does', 'the package does');
  trace.alias('ws does', 'the package does');
  trace.note('browser', typeof browser, browser.length);
  trace.call('browser', 'call', () => browser());
  trace.call('browser', 'new', () => new browser('ws://localhost'));
});

scenario(
  '1.8: variables of the environment that ws knows',
  async (WebSocket, trace, tools) => {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['-e', ECHO],
      {
        cwd: tools.install(),
        env: {
          ...process.env,
          WS_NO_BUFFER_UTIL: '1',
          WS_NO_UTF_8_VALIDATE: '1'
        }
      }
    );

    trace.note('program', stdout);
  }
);

compare(__filename);
