import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
const config = new pulumi.Config();
const bucket = new aws.s3.Bucket("site", { acl: "private" });
const db = new aws.rds.Instance("db", { engine: "postgres", publiclyAccessible: false, password: config.requireSecret("db") });
