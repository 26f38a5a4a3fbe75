'use strict';

// Programs that come to an end in one way or another, for process-exit.test.js.
// The first argument names the program, the second is a URL if it needs one.

const WebSocket = require('../..');

const [, , name, url] = process.argv;

/**
 * Connects a server and a client within this process.
 *
 * @param {Function} use Gets both ends and the server
 */
function pair(use) {
  const wss = new WebSocket.Server({ host: '127.0.0.1', port: 0 }, () => {
    const client = new WebSocket(`ws://127.0.0.1:${wss.address().port}`);

    wss.on('connection', (server) => {
      client.on('open', () => use(client, server, wss));
    });
  });
}

const programs = {
  'exits in a listener of message'() {
    pair((client, server) => {
      server.on('message', () => process.exit(7));
      for (let i = 0; i < 100; i++) client.send(`message ${i}`);
    });
  },

  'exits in a listener of close'() {
    pair((client, server) => {
      server.on('close', () => process.exit(7));
      client.terminate();
    });
  },

  'exits in a callback of send'() {
    pair((client) => {
      client.send('x', () => process.exit(7));
    });
  },

  'exits in a listener of connection'() {
    const wss = new WebSocket.Server({ host: '127.0.0.1', port: 0 }, () => {
      wss.on('connection', () => process.exit(7));
      new WebSocket(`ws://127.0.0.1:${wss.address().port}`);
    });
  },

  'exits while much is on its way'() {
    pair((client, server) => {
      let count = 0;

      server.on('message', (data) => server.send(data));
      client.on('message', (data) => {
        client.send(data);
        if (++count === 1000) process.exit(7);
      });
      for (let i = 0; i < 64; i++) client.send(Buffer.alloc(10000));
    });
  },

  'throws in a listener'() {
    pair((client, server) => {
      server.on('message', function onMessage() {
        throw new RangeError('thrown by a listener');
      });
      client.send('x');
    });
  },

  'has an error nobody listens to'() {
    pair((client, server) => {
      server._socket.write(Buffer.from([0x83, 0]));
      server.on('error', () => {});
    });
  },

  'exits behind slow answers'() {
    const ws = new WebSocket(url);
    let count = 0;

    ws.on('message', (data) => {
      const end = performance.now() + 0.05;

      while (performance.now() < end);
      ws.send(data);
      if (++count === 300) process.exit(7);
    });
  },

  'sends and exits'() {
    const ws = new WebSocket(url);

    ws.on('open', () => {
      ws.send('last words');
      ws.send(Buffer.from('and more'));
      process.exit(7);
    });
  },

  'closes everything'() {
    pair((client, server, wss) => {
      wss.close();
      client.close();
    });
  },

  'terminates everything'() {
    pair((client, server, wss) => {
      wss.close();
      client.terminate();
    });
  },

  'unrefs its sockets'() {
    const ws = new WebSocket(url);

    ws.on('open', () => {
      ws._socket.unref();
      setTimeout(() => {
        console.log('still here');
        ws._socket.ref();
        setTimeout(() => ws._socket.unref(), 20);
      }, 20);
    });
  },

  'has a heartbeat and closes'() {
    const ws = new WebSocket(url, {
      heartbeat: { interval: 60000, timeout: 60000 }
    });

    ws.on('open', () => ws.close());
  },

  'stays connected'() {
    const ws = new WebSocket(url);

    ws.on('open', () => ws.send('connected'));
    ws.on('message', (data) => ws.send(data));
    ws.on('close', () => console.log('closed'));
  }
};

programs[name]();
