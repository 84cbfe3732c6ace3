// The TypeScript compiler, loaded as the CommonJS module that it is: `import` would first scan its nine megabytes for names
// that it might export, which takes half a second of every build.
import { createRequire } from "node:module";

export default createRequire(import.meta.url)("typescript");
