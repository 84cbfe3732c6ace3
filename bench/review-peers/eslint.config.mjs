// What eslint-plugin-security recommends, over JavaScript and TypeScript.
import parser from "@typescript-eslint/parser";
import security from "eslint-plugin-security";

export default [
	{ files: ["**/*.js"], languageOptions: { sourceType: "commonjs" } },
	{ files: ["**/*.ts"], languageOptions: { parser } },
	{ ...security.configs.recommended, files: ["**/*.js", "**/*.ts"] },
];
