'use strict';

const { compare, scenario } = require('./support/differential');
const { decodeFrames, describeFrame } = require('./support/frames');

scenario(
  '11.13: a sender made before the negotiation, for something with write() alone',
  async (WebSocket, trace, tools) => {
    const deflate = new WebSocket.PerMessageDeflate({ threshold: 0 });
    const written = [];
    const socket = {
      cork() {},
      uncork() {},
      write: (bytes) => written.push(Buffer.from(bytes))
    };
    const sender = new WebSocket.Sender(socket, {
      'permessage-deflate': deflate
    });

    deflate.accept([{}]);
    sender.send('text', { compress: true, fin: true });
    sender.ping('ping', false);
    while (!Buffer.concat(written).includes('ping')) await tools.turns();

    const { frames } = decodeFrames(Buffer.concat(written));
    trace.lines('wire', frames.map(describeFrame));
  }
);

compare(__filename);
