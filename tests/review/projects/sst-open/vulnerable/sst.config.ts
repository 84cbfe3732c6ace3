export default $config({
	app: () => ({ name: "shop", home: "aws" }),
	async run() {
		const bucket = new sst.aws.Bucket("Uploads", { access: "public" }); // expect: js-infra-public-bucket
		new sst.aws.Function("Api", { // expect: js-infra-function-url
			handler: "src/api.handler",
			url: true,
			permissions: [{ actions: ["*"], resources: ["*"] }],
			environment: { STRIPE: "sk_live_4eC39HqLyjWDarjtT1zdp7dcAbCdEfGh" }, // expect: secret-stripe-key
		});
	},
});
