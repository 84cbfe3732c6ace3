// A seeded generator: the same seed makes the same requests (mulberry32).

export class Random {
	constructor(seed) {
		this.state = seed >>> 0;
	}
	next() {
		this.state = (this.state + 0x6d2b79f5) >>> 0;
		let t = this.state;
		t = Math.imul(t ^ (t >>> 15), t | 1);
		t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
		return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
	}
	/** 0 .. n - 1 */
	below(n) {
		return Math.floor(this.next() * n);
	}
	/** low .. high */
	between(low, high) {
		return low + this.below(high - low + 1);
	}
	pick(list) {
		return list[this.below(list.length)];
	}
	chance(p) {
		return this.next() < p;
	}
}
