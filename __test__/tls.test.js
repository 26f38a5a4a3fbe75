'use strict';

const https = require('https');
const tls = require('tls');

const { compare, scenario } = require('./support/differential');
const { OPCODES, describeFrame } = require('./support/frames');
const { requestHead } = require('./support/raw-handshake');
const { RawPeer } = require('./support/raw-peer');
const { defer } = require('./support/tools');

const { PING, TEXT } = OPCODES;

/**
 * Starts a server behind TLS.
 *
 * @param {Function} WebSocket The implementation
 * @param {Tools} tools The tools
 * @param {Object} [options] Options of the WebSocketServer
 * @param {Object} [tlsOptions] Options of the HTTPS server
 * @return {Promise<Object>} `wss`, `server`, `port` and `url`
 */
async function serve(WebSocket, tools, options, tlsOptions) {
  const { server, port, url } = await tools.serveHttps(tlsOptions);

  server.on('tlsClientError', () => {});
  return {
    wss: new WebSocket.Server({ ...options, server }),
    port,
    server,
    url
  };
}

/**
 * Options of a client that trusts the certificate of the tests.
 *
 * @param {Tools} tools The tools
 * @param {Object} [options] Further options
 * @return {Object} The options
 */
function trusting(tools, options) {
  const { cert: ca } = tools.certificate();

  return { ca, family: 4, perMessageDeflate: false, ...options };
}

/**
 * Opens a TLS connection and shakes hands by hand.
 *
 * @param {Tools} tools The tools
 * @param {Number} port The port
 * @return {Promise<RawPeer>} The client's end
 */
async function dialSecurely(tools, port) {
  const socket = tls.connect({
    ca: tools.certificate().cert,
    host: '127.0.0.1',
    port,
    servername: 'localhost'
  });

  tools.atEnd(() => socket.destroy());
  await tools.event(socket, 'secureConnect');

  const peer = new RawPeer(socket, true);

  peer.write(Buffer.from(requestHead()));
  peer.response = await peer.head();
  return peer;
}

scenario(
  '4.2, 11.14: wss: a whole connection',
  async (WebSocket, trace, tools) => {
    const { wss, url } = await serve(WebSocket, tools);
    const gone = defer();

    wss.on('connection', (ws, req) => {
      trace.note(
        'server',
        'connection',
        ws._socket.encrypted,
        req.socket === ws._socket
      );
      trace.watch('server', ws);
      ws.on('message', (data, isBinary) => ws.send(data, { binary: isBinary }));
      ws.on('close', gone.resolve);
    });

    const ws = trace.watch('client', tools.client(url, trusting(tools)));

    trace.note('client', 'url', ws.url);
    await tools.event(ws, 'open');
    trace.note('client', 'socket', ws._socket.encrypted, ws._socket.authorized);
    trace.note(
      'client',
      'certificate',
      ws._socket.getPeerCertificate().subject.CN
    );
    ws.send('text');
    ws.send(Buffer.alloc(300000, 5));
    ws.send('ä'.repeat(50000));
    ws.ping('ping');
    await tools.event(ws, 'pong');
    ws.close(1000, 'done');
    await Promise.all([tools.event(ws, 'close'), gone.promise]);
  }
);

scenario('3.8: wss: https: URLs', async (WebSocket, trace, tools) => {
  const { url } = await serve(WebSocket, tools);
  const ws = tools.client(url.replace('wss:', 'https:'), trusting(tools));

  trace.note('client', 'url', ws.url);
  trace.watch('client', ws);
  await tools.event(ws, 'open');
});

scenario(
  '4.26: wss: a certificate nobody trusts',
  async (WebSocket, trace, tools) => {
    const { url } = await serve(WebSocket, tools);
    const ws = tools.client(url, { family: 4 });

    trace.watch('client', ws);
    await tools.event(ws, 'close');
  }
);

scenario(
  '3.29: wss: rejectUnauthorized: false',
  async (WebSocket, trace, tools) => {
    const { url } = await serve(WebSocket, tools);
    const ws = tools.client(url, {
      family: 4,
      perMessageDeflate: false,
      rejectUnauthorized: false
    });

    trace.watch('client', ws);
    await tools.event(ws, 'open');
    trace.note('client', 'authorized', ws._socket.authorized);
  }
);

scenario('3.29: wss: checkServerIdentity', async (WebSocket, trace, tools) => {
  const { url } = await serve(WebSocket, tools);

  for (const error of [undefined, new RangeError('mine')]) {
    const ws = tools.client(
      url,
      trusting(tools, {
        checkServerIdentity(name, certificate) {
          trace.note('client', 'asked', name, certificate.subject.CN);
          return error;
        }
      })
    );

    trace.watch('client', ws);
    await Promise.race([tools.event(ws, 'open'), tools.event(ws, 'close')]);
  }
});

for (const [name, host, options] of [
  ['a host', 'localhost', {}],
  ['an address', '127.0.0.1', {}],
  ['the option', 'localhost', { servername: 'other.example' }],
  ['an empty option', 'localhost', { servername: '' }]
]) {
  scenario(
    `4.6: wss: servername of ${name}`,
    async (WebSocket, trace, tools) => {
      const { wss, port } = await serve(
        WebSocket,
        tools,
        {},
        {
          SNICallback(servername, callback) {
            trace.note('server', 'SNI', servername);
            callback(null);
          }
        }
      );

      wss.on('connection', (ws) => {
        trace.note('server', 'servername', ws._socket.servername);
      });

      const ws = tools.client(`wss://${host}:${port}`, {
        family: 4,
        perMessageDeflate: false,
        rejectUnauthorized: false,
        ...options
      });

      trace.watch('client', ws);
      await Promise.race([tools.event(ws, 'open'), tools.event(ws, 'close')]);
    }
  );
}

scenario('3.29: wss: a client certificate', async (WebSocket, trace, tools) => {
  const { cert, key } = tools.certificate();
  const { wss, url } = await serve(
    WebSocket,
    tools,
    {
      verifyClient({ req, secure }) {
        trace.note('server', 'verifyClient', secure, req.client.authorized);
        return req.client.authorized;
      }
    },
    { ca: [cert], rejectUnauthorized: false, requestCert: true }
  );

  wss.on('connection', (ws) => {
    trace.note('server', 'client', ws._socket.getPeerCertificate().subject.CN);
  });

  for (const identity of [{ cert, key }, {}]) {
    const ws = tools.client(url, trusting(tools, identity));

    trace.watch('client', ws);
    await Promise.race([tools.event(ws, 'open'), tools.event(ws, 'close')]);
  }
});

scenario('4.1: wss: an agent', async (WebSocket, trace, tools) => {
  const { url } = await serve(WebSocket, tools);
  const agent = new https.Agent({ ca: tools.certificate().cert });
  const ws = tools.client(url, { agent, family: 4, perMessageDeflate: false });

  trace.watch('client', ws);
  await tools.event(ws, 'open');
});

scenario(
  '4.26: wss: to a server without TLS',
  async (WebSocket, trace, tools) => {
    const { url } = await tools.serve();
    const ws = tools.client(url.replace('ws:', 'wss:'));

    ws.on('error', (error) => trace.note('client', 'error', error.code));
    await tools.event(ws, 'close');
  }
);

scenario(
  '4.34: a redirect from wss to ws drops what is secret',
  async (WebSocket, trace, tools) => {
    const { server, port } = await tools.serveHttps();

    server.on('upgrade', (req, socket) => {
      const { port: plainPort } = plain;

      socket.end(
        `HTTP/1.1 302 Found\r\nLocation: ws://localhost:${plainPort}/\r\n` +
          'Connection: close\r\n\r\n'
      );
    });

    const plain = await tools.serveRaw((peer) => {
      trace.lines(
        'wire',
        peer.request.filter((line) => !line.startsWith('Sec-WebSocket-Key'))
      );
      peer.accept();
    });
    const ws = tools.client(
      `wss://localhost:${port}`,
      trusting(tools, {
        auth: 'foo:bar',
        followRedirects: true,
        headers: { Cookie: 'a=b', 'X-Foo': 'bar' }
      })
    );

    trace.watch('client', ws);
    await tools.event(ws, 'open');
  }
);

scenario(
  '6.4: TLS: frames in one record and in many',
  async (WebSocket, trace, tools) => {
    const { wss, port } = await serve(WebSocket, tools);
    const connected = tools.event(wss, 'connection');
    const peer = await dialSecurely(tools, port);
    const [ws] = await connected;

    trace.watch('server', ws);
    peer.write(
      peer.frame(TEXT, 'one'),
      peer.frame(PING, 'two'),
      peer.frame(TEXT, 'three')
    );
    await peer.writeBytewise(peer.frame(TEXT, 'byte by byte'));
    peer.write(peer.closeFrame(1000, 'done'));
    await tools.event(ws, 'close');
    trace.lines('wire', await peer.rest());
  }
);

scenario('8.1: TLS: a bad frame', async (WebSocket, trace, tools) => {
  const { wss, port } = await serve(WebSocket, tools);
  const connected = tools.event(wss, 'connection');
  const peer = await dialSecurely(tools, port);
  const [ws] = await connected;

  trace.watch('server', ws);
  peer.write(peer.frame(TEXT, 'good'), peer.frame(3, 'bad'));
  await tools.event(ws, 'close');
  trace.lines('wire', await peer.rest());
});

scenario(
  '5.11, 2.8: TLS: callbacks, order and bufferedAmount',
  async (WebSocket, trace, tools) => {
    const { wss, port } = await serve(WebSocket, tools);
    const connected = tools.event(wss, 'connection');
    const peer = await dialSecurely(tools, port);
    const [ws] = await connected;
    const done = defer();

    ws.send('one', trace.callback('server', 'one'));
    ws.send(Buffer.alloc(100000), trace.callback('server', 'two'));
    ws.ping('three', undefined, trace.callback('server', 'three'));
    ws.send('four', () => {
      trace.note('server', 'callback of four', ws.bufferedAmount);
      done.resolve();
    });
    trace.note('server', 'waiting', ws.bufferedAmount > 0);
    trace.lines('wire', (await peer.frames(4)).map(describeFrame));
    await done.promise;
  }
);

for (const [name, end] of Object.entries({
  'terminate()': (ws) => ws.terminate(),
  'close()': (ws) => ws.close(1000),
  'a FIN of the peer': (ws, peer) => peer.socket.end(),
  'a broken connection': (ws, peer) => peer.socket.destroy()
})) {
  scenario(`7.10, 5.24: TLS: ${name}`, async (WebSocket, trace, tools) => {
    const { wss, port } = await serve(WebSocket, tools, { closeTimeout: 1000 });
    const connected = tools.event(wss, 'connection');
    const peer = await dialSecurely(tools, port);
    const [ws] = await connected;

    trace.watch('server', ws);
    end(ws, peer);

    if (name === 'close()') {
      trace.lines('wire', (await peer.frames(1)).map(describeFrame));
      peer.write(peer.closeFrame(1000));
    }

    await tools.event(ws, 'close');
  });
}

scenario('5.22: TLS: pause() and resume()', async (WebSocket, trace, tools) => {
  const { wss, port } = await serve(WebSocket, tools);
  const connected = tools.event(wss, 'connection');
  const peer = await dialSecurely(tools, port);
  const [ws] = await connected;

  trace.watch('server', ws);
  ws.pause();
  peer.write(peer.frame(TEXT, 'one'), peer.frame(TEXT, 'two'));
  await tools.delay(30);
  trace.note('server', 'resume', ws.isPaused);
  ws.resume();
  await tools.event(ws, 'message');
});

compare(__filename);
