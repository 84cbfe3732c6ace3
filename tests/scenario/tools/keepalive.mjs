// One connection, one request after another, bytes as they are: fast enough for tens of thousands of requests in a test.
import net from "node:net";

export class KeepAlive {
	#socket = null;
	#got = Buffer.alloc(0);
	#waiting = null;

	constructor(port, headers = {}) {
		this.port = port;
		this.head = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`).join("");
	}

	#open() {
		this.#got = Buffer.alloc(0);
		this.#socket = net.connect(this.port, "127.0.0.1").setNoDelay(true);
		this.#socket.on("data", (d) => {
			this.#got = this.#got.length ? Buffer.concat([this.#got, d]) : d;
			this.#look();
		});
		const gone = (error) => {
			this.#socket = null;
			this.#waiting?.reject(error ?? new Error("the connection was closed without an answer"));
			this.#waiting = null;
		};
		this.#socket.on("error", gone);
		this.#socket.on("close", () => gone());
	}

	#look() {
		const end = this.#got.indexOf("\r\n\r\n");
		if (end < 0 || !this.#waiting) return;
		const head = this.#got.subarray(0, end).toString("latin1");
		const status = Number(head.slice(9, 12));
		const length = status === 204 || status === 304 ? 0 : Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1] ?? 0);
		if (this.#got.length < end + 4 + length) return;
		const text = this.#got.subarray(end + 4, end + 4 + length).toString("utf8");
		this.#got = this.#got.subarray(end + 4 + length);
		const { resolve } = this.#waiting;
		this.#waiting = null;
		if (/\r\nconnection: close/i.test(head)) {
			this.#socket.removeAllListeners("close");
			this.#socket.destroy();
			this.#socket = null;
		}
		resolve({ status, head, text });
	}

	// path and body: strings or Buffers, sent as they are.
	request(method, path, body) {
		if (!this.#socket) this.#open();
		const payload = body === undefined ? null : Buffer.from(body);
		const head = Buffer.concat([Buffer.from(`${method} `), Buffer.from(path), Buffer.from(` HTTP/1.1\r\nHost: a\r\n${this.head}${
			payload ? `Content-Type: application/json\r\nContent-Length: ${payload.length}\r\n` : ""}\r\n`)]);
		return new Promise((resolve, reject) => {
			this.#waiting = { resolve, reject };
			this.#socket.write(payload ? Buffer.concat([head, payload]) : head);
		});
	}

	close() {
		this.#socket?.removeAllListeners("close");
		this.#socket?.destroy();
	}
}
