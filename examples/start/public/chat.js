import { connect } from './connection.js';

const MAX_MESSAGES = 200;

const [form, messages, name, status, text] = [
  'chat-form',
  'messages',
  'name',
  'chat-status',
  'text'
].map((id) => document.getElementById(id));

name.value = `Guest ${Math.ceil(Math.random() * 99)}`;

const send = connect('/chat', status, (data) => {
  const message = JSON.parse(data);

  if (message.people) showPeople(message.people);
  else showMessage(message);
});

function showPeople(count) {
  status.textContent = count === 1 ? 'only you are here' : `${count} are here`;
}

function showMessage(message) {
  const isAtEnd =
    messages.scrollHeight - messages.scrollTop - messages.clientHeight < 10;
  const item = document.createElement('li');
  const author = document.createElement('b');

  author.textContent = `${message.name}:`;
  item.append(author, ` ${message.text}`);
  messages.append(item);

  if (messages.children.length > MAX_MESSAGES) messages.firstChild.remove();
  if (isAtEnd) messages.scrollTop = messages.scrollHeight;
}

form.addEventListener('submit', (event) => {
  event.preventDefault();
  if (send(`${name.value.trim()}\n${text.value.trim()}`)) text.value = '';
  text.focus();
});
