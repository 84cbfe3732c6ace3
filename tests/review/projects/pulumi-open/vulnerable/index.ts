import * as aws from "@pulumi/aws";
const bucket = new aws.s3.Bucket("site", { acl: "public-read" }); // expect: js-infra-public-bucket
const db = new aws.rds.Instance("db", { engine: "postgres", publiclyAccessible: true, password: "Sup3rS3cret!9" }); // expect: js-infra-public-database
const sg = new aws.ec2.SecurityGroup("sg", { ingress: [{ protocol: "tcp", fromPort: 22, toPort: 22, cidrBlocks: ["0.0.0.0/0"] }] }); // expect: js-infra-open-port
