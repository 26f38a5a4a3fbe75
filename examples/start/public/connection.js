const RETRY_DELAY = 1000;

/**
 * Keeps a WebSocket to this server open and shows whether it is.
 *
 * @param {String} path The path of the WebSocket's URL
 * @param {HTMLElement} status Where to show the state
 * @param {Function} onMessage Called with the text of each message
 * @return {Function} Sends a text if the connection is open, and tells whether
 *     it was
 */
export function connect(path, status, onMessage) {
  let ws;

  function show(text, isOpen) {
    status.textContent = text;
    status.classList.toggle('open', isOpen);
  }

  function open() {
    ws = new WebSocket(
      `${location.protocol.replace('http', 'ws')}//${location.host}${path}`
    );

    ws.onopen = () => show('connected', true);
    ws.onmessage = ({ data }) => onMessage(data);
    ws.onclose = () => {
      show('disconnected, trying again…', false);
      setTimeout(open, RETRY_DELAY);
    };
  }

  open();

  return (text) => {
    const isOpen = ws.readyState === WebSocket.OPEN;

    if (isOpen) ws.send(text);
    return isOpen;
  };
}
