// The platform's own copies of what it uses, taken before any guest code runs. A guest may replace every prototype it
// can reach; what the host relies on goes through these names only. (What merely serves the guest, like console's
// formatting, need not: a guest that breaks it breaks its own.)
const global = globalThis;
const { Object, Error, TypeError, RangeError, String, Number, Symbol, Reflect, Math, Date, RegExp, BigInt } = global;
const { Map, Set, WeakMap, Promise, ArrayBuffer, DataView, Uint8Array, DOMException, isNaN } = global;
const uncurry = Function.prototype.bind.bind(Function.prototype.call);
const { defineProperty, getPrototypeOf, getOwnPropertyNames, getOwnPropertyDescriptor, keys: ownKeys } = Object;
const { apply } = Reflect;
const dateValue = Date.prototype.getTime;
const stringOf = String;

const hide = (target, name, value) =>
	defineProperty(target, name, { value, writable: true, enumerable: false, configurable: true });
// A table without a prototype: no setter or inherited entry can come between.
const bare = () => ({ __proto__: null });
const exported = bare();
