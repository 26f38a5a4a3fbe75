'use strict';

// What Node had before a test put fake timers in its place: its own sockets do
// not wait for those either.

const { clearImmediate, setImmediate } = require('timers');

module.exports = { clearImmediate, setImmediate };
