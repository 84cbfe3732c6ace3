import * as cdk from "aws-cdk-lib";
import * as iam from "aws-cdk-lib/aws-iam";
import * as lambda from "aws-cdk-lib/aws-lambda";
import * as s3 from "aws-cdk-lib/aws-s3";
import * as ec2 from "aws-cdk-lib/aws-ec2";

export class Stack extends cdk.Stack {
	constructor(scope: any, id: string) {
		super(scope, id);
		const bucket = new s3.Bucket(this, "Data", { publicReadAccess: true }); // expect: js-infra-public-bucket
		const fn = new lambda.Function(this, "Fn", { runtime: lambda.Runtime.NODEJS_20_X, handler: "index.handler", code: lambda.Code.fromAsset("src") });
		fn.addFunctionUrl({ authType: lambda.FunctionUrlAuthType.NONE }); // expect: js-infra-function-url
		fn.addToRolePolicy(new iam.PolicyStatement({ actions: ["*"], resources: ["*"] })); // expect: js-infra-wildcard
		const sg = new ec2.SecurityGroup(this, "Sg", { vpc: ec2.Vpc.fromLookup(this, "V", { isDefault: true }) });
		sg.addIngressRule(ec2.Peer.anyIpv4(), ec2.Port.tcp(22)); // expect: js-infra-open-port
	}
}
