// Writes small databases in the MaxMind DB format, version 2.0 (https://maxmind.github.io/MaxMind-DB/), for tests: networks that do not overlap, each with
// a record of maps, strings and numbers. As a program: node mmdb.mjs FILE NETWORK=CODE ...
import { writeFileSync } from "node:fs";
import net from "node:net";
import { fileURLToPath } from "node:url";

// Sections "Data Field Format" and "Payload Size"; sizes below 29 are enough here.
const control = (type, size) => (type < 8 ? [type << 5 | size] : [size, type - 7]);
const unsigned = (type, bytes, value) => [...control(type, bytes), ...Array.from({ length: bytes }, (_, i) => Number(BigInt(value) >> BigInt(8 * (bytes - 1 - i)) & 255n))];
export const uint16 = (value) => ({ raw: unsigned(5, 2, value) });
export const uint32 = (value) => ({ raw: unsigned(6, 4, value) });
export const uint64 = (value) => ({ raw: unsigned(9, 8, value) });
const encode = (value) => {
	if (value.raw) return value.raw;
	if (typeof value === "string") return [...control(2, Buffer.byteLength(value)), ...Buffer.from(value)];
	if (Array.isArray(value)) return [...control(11, value.length), ...value.flatMap(encode)];
	return [...control(7, Object.keys(value).length), ...Object.entries(value).flatMap(([k, v]) => [...encode(k), ...encode(v)])];
};

// 128 bits; IPv4 lies at ::/96 ("IPv4 addresses in an IPv6 tree").
const bitsOf = (address) => {
	if (net.isIPv4(address)) return [...Array(96).fill(0), ...address.split(".").flatMap((n) => Array.from({ length: 8 }, (_, i) => Number(n) >> (7 - i) & 1))];
	const [head, tail = ""] = address.split("::");
	const left = head ? head.split(":") : [], right = tail ? tail.split(":") : [];
	const words = [...left, ...Array(8 - left.length - right.length).fill("0"), ...right].map((w) => parseInt(w, 16));
	return words.flatMap((w) => Array.from({ length: 16 }, (_, i) => w >> (15 - i) & 1));
};

export const mmdb = (networks, { recordOf = (code) => ({ country: { iso_code: code } }), type = "Test-Country" } = {}) => {
	const nodes = [[null, null]], data = [], places = new Map();
	for (const [network, code] of networks) {
		const [address, length] = network.split("/");
		const bits = bitsOf(address).slice(0, Number(length) + (net.isIPv4(address) ? 96 : 0));
		if (!places.has(code)) {
			places.set(code, data.length);
			data.push(...encode(recordOf(code)));
		}
		let at = 0;
		for (const bit of bits.slice(0, -1)) {
			if (nodes[at][bit] === null) nodes[at][bit] = nodes.push([null, null]) - 1;
			at = nodes[at][bit];
		}
		nodes[at][bits.at(-1)] = { data: places.get(code) };
	}
	const record = (r) => {
		const n = r === null ? nodes.length : typeof r === "number" ? r : nodes.length + 16 + r.data;
		return [n >> 16 & 255, n >> 8 & 255, n & 255];
	};
	const metadata = { node_count: uint32(nodes.length), record_size: uint16(24), ip_version: uint16(6), database_type: type, languages: ["en"],
		binary_format_major_version: uint16(2), binary_format_minor_version: uint16(0), build_epoch: uint64(1790000000), description: { en: "A test" } };
	return Buffer.from([...nodes.flatMap(([l, r]) => [...record(l), ...record(r)]), ...Array(16).fill(0), ...data,
		0xab, 0xcd, 0xef, ...Buffer.from("MaxMind.com"), ...encode(metadata)]);
};

if (process.argv[1] === fileURLToPath(import.meta.url))
	writeFileSync(process.argv[2], mmdb(process.argv.slice(3).map((a) => a.split("="))));
