// What is known of the cases.

/** Their categories by the first part of their numbers. */
export const CATEGORIES = {
  1: 'Framing',
  2: 'Pings and pongs',
  3: 'Reserved bits',
  4: 'Opcodes',
  5: 'Fragmentation',
  6: 'UTF-8',
  7: 'Closing',
  9: 'Limits and performance',
  10: 'Automatic fragmentation',
  12: 'Compression, sizes',
  13: 'Compression, parameters'
};

/** In categories 9, 12 and 13 many cases differ in their sizes alone. */
export const QUICK_CASES = [
  ...['1.*', '2.*', '3.*', '4.*', '5.*', '6.*', '7.*', '10.*'],
  ...['9.1.3', '9.2.3', '9.3.4', '9.5.4', '9.7.4'],
  ...['12.1.1', '12.2.5', '12.4.10', '13.1.3', '13.3.6', '13.5.9', '13.7.4']
];

/** Cases whose result may be NON-STRICT, and why. */
export const TOLERATED = {};
