'use strict';

const { compare, scenario } = require('./support/differential');
const { header, steadyHead } = require('./support/raw-handshake');

const plain = { perMessageDeflate: false };
const secrets = {
  Authorization: 'Basic Zm9vOmJhcg==',
  Cookie: 'foo=bar',
  Host: 'foo.example'
};

/**
 * Sends a redirect.
 *
 * @param {RawPeer} peer The client
 * @param {String} location Where to
 * @param {String} [status='302 Found'] The status
 */
function redirect(peer, location, status = '302 Found') {
  peer.socket.end(
    `HTTP/1.1 ${status}\r\nLocation: ${location}\r\n` +
      'Connection: close\r\nContent-Length: 0\r\n\r\n'
  );
}

/**
 * Has a raw server redirect to another one, and notes both requests.
 *
 * @param {Trace} trace The trace
 * @param {Tools} tools The tools
 * @param {Object} settings
 * @param {String} [settings.userinfo=''] Put into the first URL
 * @param {Boolean} [settings.sameHost] Redirect to the first server
 * @param {Object} [settings.options] Options of the client
 * @param {Function} [settings.prepare] Gets the client
 */
async function follow(
  trace,
  tools,
  { options, prepare, sameHost, userinfo = '' }
) {
  const second = await tools.serveRaw((peer) => {
    trace.lines('second', steadyHead(peer.request));
    peer.accept();
  });
  const first = await tools.serveRaw((peer) => {
    trace.lines('first', steadyHead(peer.request));
    if (peer.index > 0) peer.accept();
    else redirect(peer, sameHost ? '/again' : `${second.url}/other`);
  });
  const ws = tools.client(`ws://${userinfo}127.0.0.1:${first.port}/`, {
    ...plain,
    followRedirects: true,
    ...options
  });

  if (prepare) prepare(ws);
  trace.watch('client', ws);
  await Promise.race([tools.event(ws, 'open'), tools.event(ws, 'close')]);
  trace.note('client', 'url', ws.url, ws._redirects);
}

for (const status of [
  '300 Multiple Choices',
  '301 Moved Permanently',
  '303 See Other',
  '307 Temporary Redirect',
  '308 Permanent Redirect',
  '399 Whatever'
]) {
  scenario(
    `4.32, 3.17: redirect ${status}`,
    async (WebSocket, trace, tools) => {
      const { url } = await tools.serveRaw((peer) => {
        trace.note('wire', 'target', peer.request[0]);
        if (peer.index > 0) peer.accept();
        else redirect(peer, '/elsewhere?a=b', status);
      });
      const ws = tools.client(url, { ...plain, followRedirects: true });

      trace.watch('client', ws);
      await tools.event(ws, 'open');
      trace.note('client', 'url', ws.url);
    }
  );
}

for (const [name, status, location] of [
  ['200 with Location', '200 OK', '/x'],
  ['302 without Location', '302 Found', ''],
  ['400 with Location', '400 Bad Request', '/x']
]) {
  scenario(`4.32: no redirect: ${name}`, async (WebSocket, trace, tools) => {
    const { url } = await tools.serveRaw((peer) =>
      redirect(peer, location, status)
    );
    const ws = tools.client(url, { ...plain, followRedirects: true });

    trace.watch('client', ws);
    await tools.event(ws, 'close');
  });
}

for (const [name, location] of Object.entries({
  relative: 'c?d',
  absolute: '/c',
  'with parent': '../c',
  'query only': '?c',
  'without scheme': '//127.0.0.1:1/x'
})) {
  scenario(
    `4.32, 2.15: redirects are relative to the last URL: ${name}`,
    async (WebSocket, trace, tools) => {
      const { url } = await tools.serveRaw((peer) => {
        trace.note('wire', 'target', peer.request[0]);
        if (peer.index > 0) peer.accept();
        else redirect(peer, location);
      });
      const ws = tools.client(`${url}/a/b?x`, {
        ...plain,
        followRedirects: true
      });

      trace.watch('client', ws);
      await Promise.race([tools.event(ws, 'open'), tools.event(ws, 'close')]);
      trace.note('client', 'url', ws.url);
    }
  );
}

for (const location of [
  'ws://',
  'ftp://127.0.0.1/',
  'ws://127.0.0.1/#foo',
  'ws+unix:',
  'http://['
]) {
  scenario(
    `4.29: bad redirect to ${location}`,
    async (WebSocket, trace, tools) => {
      const { url } = await tools.serveRaw((peer) => redirect(peer, location));
      const ws = tools.client(url, { ...plain, followRedirects: true });

      trace.watch('client', ws);
      ws.on('error', (error) => {
        trace.note('client', 'SyntaxError', error instanceof SyntaxError);
      });
      await tools.event(ws, 'close');
      trace.note('client', 'url', ws.url);
    }
  );
}

for (const maxRedirects of [undefined, 0, 1, 3]) {
  scenario(
    `4.28, 3.24: maxRedirects ${maxRedirects}`,
    async (WebSocket, trace, tools) => {
      const { url } = await tools.serveRaw((peer) => {
        trace.note('wire', 'target', peer.request[0]);
        redirect(peer, `/${peer.index + 1}`);
      });
      const options = { ...plain, followRedirects: true };

      if (maxRedirects !== undefined) options.maxRedirects = maxRedirects;

      const ws = trace.watch('client', tools.client(url, options));

      await tools.event(ws, 'close');
      trace.note('client', 'url', ws.url, ws._redirects);
    }
  );
}

scenario(
  '4.8: each redirect has a new key',
  async (WebSocket, trace, tools) => {
    const keys = new Set();
    const { url } = await tools.serveRaw((peer) => {
      keys.add(header(peer.request, 'sec-websocket-key'));
      if (peer.index === 2) peer.accept();
      else redirect(peer, '/');
    });
    const ws = tools.client(url, { ...plain, followRedirects: true });

    await tools.event(ws, 'open');
    trace.note('wire', 'distinct', keys.size);
  }
);

for (const sameHost of [true, false]) {
  const where = sameHost ? 'to the same host' : 'to another host';

  for (const [what, settings] of Object.entries({
    '4.34: headers with secrets': { options: { headers: secrets } },
    '4.34: option auth': { options: { auth: 'foo:bar' } },
    '4.36: userinfo': { userinfo: 'foo:bar@' },
    '4.34, 4.36: userinfo and headers': {
      userinfo: 'foo:bar@',
      options: { headers: { cookie: 'a=b', 'X-Foo': 'bar' } }
    },
    '4.35: a listener of redirect': {
      options: { headers: secrets },
      prepare: (ws) => ws.on('redirect', () => {})
    },
    '4.35, 4.36: a listener of redirect and userinfo': {
      userinfo: 'foo:bar@',
      prepare: (ws) => ws.on('redirect', () => {})
    }
  })) {
    scenario(
      `${what}, redirected ${where}`,
      async (WebSocket, trace, tools) => {
        await follow(trace, tools, { ...settings, sameHost });
      }
    );
  }
}

scenario(
  "4.33: 'redirect' comes before the request is sent",
  async (WebSocket, trace, tools) => {
    await follow(trace, tools, {
      options: { headers: secrets },
      prepare(ws) {
        ws.on('redirect', (url, req) => {
          trace.note('client', 'redirect', url, req);
          trace.note(
            'client',
            'request',
            req === ws._req,
            ws.url,
            ws._redirects
          );
          trace.note('client', 'headers sent', req.headersSent);
          req.removeHeader('cookie');
          req.setHeader('X-Added', 'late');
        });
      }
    });
  }
);

scenario(
  '3.16: finishRequest is called for every request',
  async (WebSocket, trace, tools) => {
    await follow(trace, tools, {
      options: {
        finishRequest(req, websocket) {
          trace.note(
            'client',
            'finishRequest',
            websocket.url,
            req.getHeader('host')
          );
          req.setHeader('X-Number', websocket._redirects);
          req.end();
        }
      }
    });
  }
);

for (const method of ['close', 'terminate']) {
  scenario(
    `4.27: ${method}() in 'redirect'`,
    async (WebSocket, trace, tools) => {
      await follow(trace, tools, {
        prepare(ws) {
          ws.on('redirect', () => {
            ws[method]();
            trace.note('client', 'state', ws.readyState);
          });
        }
      });
    }
  );
}

scenario(
  "4.26: the request is destroyed in 'redirect'",
  async (WebSocket, trace, tools) => {
    await follow(trace, tools, {
      prepare(ws) {
        ws.on('redirect', (url, req) => req.destroy(new Error('mine')));
      }
    });
  }
);

scenario(
  '4.26: the second host does not answer',
  async (WebSocket, trace, tools) => {
    const { url } = await tools.serveRaw((peer) =>
      redirect(peer, 'ws://127.0.0.1:1/')
    );
    const ws = tools.client(url, { ...plain, followRedirects: true });

    trace.watch('client', ws);
    await tools.event(ws, 'close');
  }
);

scenario(
  '4.32, 4.13: redirect from a Unix socket to a host and back',
  async (WebSocket, trace, tools) => {
    const socketPath = tools.socketPath();
    const { url } = await tools.serveRaw((peer) => {
      trace.lines('host', steadyHead(peer.request));
      redirect(peer, `ws+unix:${socketPath}:/back`);
    });

    await tools.serveRaw((peer) => {
      trace.lines('socket', steadyHead(peer.request));
      if (peer.index === 1) peer.accept();
      else redirect(peer, `${url}/there`);
    }, socketPath);

    const ws = tools.client(`ws+unix:${socketPath}:/start`, {
      ...plain,
      auth: 'foo:bar',
      followRedirects: true,
      headers: { cookie: 'a=b' }
    });

    trace.watch('client', ws);
    await tools.event(ws, 'open');
    trace.note('client', 'url', ws.url);
  }
);

scenario(
  "3.32: the caller's headers stay as they were",
  async (WebSocket, trace, tools) => {
    const headers = { ...secrets };

    await follow(trace, tools, { options: { headers }, userinfo: 'a:b@' });
    trace.note('client', 'headers', headers);
  }
);

compare(__filename);
