export default $config({
	app: () => ({ name: "shop", home: "aws" }),
	async run() {
		const secret = new sst.Secret("Stripe");
		const bucket = new sst.aws.Bucket("Uploads");
		new sst.aws.Function("Api", {
			handler: "src/api.handler",
			url: { authorization: "iam" },
			permissions: [{ actions: ["s3:GetObject"], resources: [bucket.arn] }],
			link: [secret],
		});
	},
});
