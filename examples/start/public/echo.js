import { connect } from './connection.js';

const INTERVAL = 250;
const KEPT = 240;

const [chart, count, fastest, median, status, time] = [
  'chart',
  'count',
  'fastest',
  'median',
  'echo-status',
  'time'
].map((id) => document.getElementById(id));

const times = [];
let best = Infinity;
let echoes = 0;

// What is sent is the time it is sent at.
const send = connect('/echo', status, (data) => {
  showTime(performance.now() - Number(data));
});

function showTime(duration) {
  best = Math.min(best, duration);
  echoes++;
  times.push(duration);
  if (times.length > KEPT) times.shift();

  const sorted = [...times].sort((a, b) => a - b);

  time.textContent = duration.toFixed(2);
  median.textContent = `${sorted[sorted.length >> 1].toFixed(2)} ms`;
  fastest.textContent = `${best.toFixed(2)} ms`;
  count.textContent = echoes.toLocaleString();
  drawChart(sorted[sorted.length - 1]);
}

function drawChart(slowest) {
  const { width, height } = chart.viewBox.baseVal;
  const scale = (height - 6) / slowest;
  const points = times.map(
    (value, i) =>
      `${width - times.length + 1 + i},${height - 3 - value * scale}`
  );

  chart.firstElementChild.setAttribute('points', points.join(' '));
}

setInterval(() => send(String(performance.now())), INTERVAL);
