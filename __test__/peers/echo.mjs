// Echoes messages with the WebSocket that the runtime brings, until the
// connection ends: `echo.mjs URL`.

const ws = new WebSocket(process.argv[2]);

ws.binaryType = 'arraybuffer';
ws.onmessage = ({ data }) => ws.send(data);
