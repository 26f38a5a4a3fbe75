'use strict';

/** A sequence of numbers that a seed determines, on any machine. */
class Random {
  /**
   * @param {Number} seed An unsigned 32-bit integer
   */
  constructor(seed) {
    this._state = seed >>> 0;
  }

  /**
   * @return {Number} An unsigned 32-bit integer: a counter, well mixed
   */
  next() {
    this._state = (this._state + 0x9e3779b9) >>> 0;

    let value = this._state;

    value = Math.imul(value ^ (value >>> 16), 0x21f0aaad);
    value = Math.imul(value ^ (value >>> 15), 0x735a2d97);
    return (value ^ (value >>> 15)) >>> 0;
  }

  /**
   * @param {Number} limit A positive integer
   * @return {Number} An integer from 0 on, less than the limit
   */
  below(limit) {
    return this.next() % limit;
  }

  /**
   * @param {Number} first The least integer
   * @param {Number} last The greatest one
   * @return {Number} One of them or of those between
   */
  between(first, last) {
    return first + this.below(last - first + 1);
  }

  /**
   * @param {Number} percent How likely it is
   * @return {Boolean} Whether it is so
   */
  chance(percent) {
    return this.below(100) < percent;
  }

  /**
   * @param {Array} list A list
   * @return {*} One of its elements
   */
  pick(list) {
    return list[this.below(list.length)];
  }

  /**
   * Calls one of some functions.
   *
   * @param {Array[]} choices Pairs of a weight and a function
   * @return {*} What the function returned
   */
  choose(choices) {
    const total = choices.reduce((sum, [weight]) => sum + weight, 0);
    let at = this.below(total);

    return choices.find(([weight]) => (at -= weight) < 0)[1]();
  }

  /**
   * @param {Number} length How many
   * @return {String} Bytes in hexadecimal
   */
  hex(length) {
    return Buffer.from(Array.from({ length }, () => this.below(256))).toString(
      'hex'
    );
  }

  /**
   * @param {Number} count How many at most
   * @param {Number} limit Less than this
   * @return {Number[]} Different positive integers, ascending
   */
  cuts(count, limit) {
    const cuts = new Set();

    for (let i = 0; i < count && limit > 1; i++) {
      cuts.add(this.between(1, limit - 1));
    }

    return [...cuts].sort((a, b) => a - b);
  }
}

module.exports = { Random };
