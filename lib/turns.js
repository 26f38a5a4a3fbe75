'use strict';

// What Node had before a test put fake timers in its place: its own sockets do
// not wait for those either.

const { clearImmediate, setImmediate } = require('timers');

const { nextTick } = process;

module.exports = { clearImmediate, nextTick, setImmediate };
