'use strict';

const http = require('http');
const net = require('net');

const { compare, scenario } = require('./support/differential');
const { steadyHead } = require('./support/raw-handshake');
const { defer } = require('./support/tools');

const plain = { perMessageDeflate: false };

scenario(
  '4.3, 4.2: createConnection gets the options of the request',
  async (WebSocket, trace, tools) => {
    const { port } = await tools.serveRaw((peer) => peer.accept());
    const ws = tools.client('ws://example.invalid:7/path', 'a', {
      ...plain,
      localAddress: '127.0.0.1',
      family: 4,
      createConnection(options, callback) {
        for (const key of [
          'family',
          'host',
          'hostname',
          'localAddress',
          'method',
          'path',
          'port',
          'protocol',
          'socketPath',
          'timeout',
          'servername',
          'agent',
          'defaultPort',
          'auth'
        ]) {
          trace.note('client', key, options[key]);
        }
        trace.note('client', 'callback', typeof callback);
        return net.connect(port, '127.0.0.1');
      }
    });

    trace.watch('client', ws);
    await tools.event(ws, 'close');
  }
);

scenario(
  '4.2: createConnection may answer through its callback',
  async (WebSocket, trace, tools) => {
    const { port } = await tools.serveRaw((peer) => peer.accept());
    const ws = tools.client('ws://example.invalid/', {
      ...plain,
      createConnection(options, callback) {
        const socket = net.connect(port, '127.0.0.1');
        socket.once('connect', () => callback(null, socket));
      }
    });

    trace.watch('client', ws);
    await tools.event(ws, 'open');
  }
);

scenario(
  '4.2: createConnection may fail through its callback',
  async (WebSocket, trace, tools) => {
    const ws = tools.client('ws://example.invalid/', {
      ...plain,
      createConnection(options, callback) {
        setImmediate(callback, new Error('no way'));
      }
    });

    trace.watch('client', ws);
    await tools.event(ws, 'close');
  }
);

scenario(
  '4.4, 3.29: lookup reaches net.connect',
  async (WebSocket, trace, tools) => {
    const { port } = await tools.serveRaw((peer) => {
      trace.lines('wire', steadyHead(peer.request));
      peer.accept();
    });
    const ws = tools.client(`ws://example.invalid:${port}`, {
      ...plain,
      lookup(hostname, options, callback) {
        trace.note('client', 'lookup', hostname);
        if (options.all) callback(null, [{ address: '127.0.0.1', family: 4 }]);
        else callback(null, '127.0.0.1', 4);
      }
    });

    await tools.event(ws, 'open');
  }
);

scenario('4.4, 4.26: a failing lookup', async (WebSocket, trace, tools) => {
  const ws = tools.client('ws://example.invalid', {
    ...plain,
    lookup(hostname, options, callback) {
      callback(Object.assign(new Error('unknown'), { code: 'ENOTFOUND' }));
    }
  });

  trace.watch('client', ws);
  await tools.event(ws, 'close');
});

scenario(
  '4.1: an agent is asked in the constructor',
  async (WebSocket, trace, tools) => {
    const { url } = await tools.serveRaw((peer) => {
      trace.lines('wire', steadyHead(peer.request));
      peer.accept();
    });
    const agent = new http.Agent();
    const { addRequest } = agent;

    agent.addRequest = function (req, options) {
      trace.note(
        'client',
        'addRequest',
        req.constructor.name,
        options.path,
        options.host
      );
      return addRequest.call(this, req, options);
    };

    const ws = tools.client(`${url}/path`, { ...plain, agent });

    trace.note('client', 'constructed', ws._req.agent === agent);
    await tools.event(ws, 'open');
    trace.note(
      'client',
      'agent keeps sockets',
      Object.keys(agent.sockets).length,
      Object.keys(agent.freeSockets).length
    );
  }
);

for (const agent of [undefined, false, null]) {
  scenario(`4.1: agent: ${agent}`, async (WebSocket, trace, tools) => {
    const { url } = await tools.serveRaw((peer) => {
      trace.lines('wire', steadyHead(peer.request));
      peer.accept();
    });
    const ws = tools.client(url, { ...plain, agent });

    await tools.event(ws, 'open');
    trace.note('client', 'socket', ws._socket);
    trace.note(
      'client',
      'sockets of the global agent',
      Object.keys(http.globalAgent.sockets).length
    );
  });
}

scenario(
  '4.38: the socket is set up when open',
  async (WebSocket, trace, tools) => {
    const calls = defer();
    const { port } = await tools.serveRaw((peer) => peer.accept());
    const ws = tools.client('ws://example.invalid', {
      ...plain,
      handshakeTimeout: 5000,
      createConnection() {
        const socket = net.connect(port, '127.0.0.1');

        for (const method of ['setTimeout', 'setNoDelay']) {
          const original = socket[method];

          socket[method] = function (...values) {
            if (ws.readyState === WebSocket.CONNECTING && ws._req === null) {
              trace.note('client', method, ...values);
            }
            return original.apply(this, values);
          };
        }

        return socket;
      }
    });

    ws.on('open', calls.resolve);
    await calls.promise;
    trace.note('client', 'timeout', ws._socket.timeout);
  }
);

compare(__filename);
