import { parseConditionKey } from "./context.ts";

/**
 * The condition keys that a bucket policy may ask for, in small letters; what ends in a slash has a part of its own, as
 * `aws:PrincipalTag/team`. All that AWS has: a policy may ask for what a request to Ledge never brings.
 *
 * Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html and
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html, as of 2026-09;
 * `sts:authentication` is Ceph's.
 */
const KEYS: ReadonlySet<string> = new Set(
  `
    aws:assumedroot aws:calledvia aws:calledviaawsmcp aws:calledviafirst aws:calledvialast
    aws:chatbotsourcearn aws:currenttime aws:ec2instancesourceprivateipv4 aws:ec2instancesourcevpc
    aws:epochtime aws:federatedprovider aws:ismcpserviceaction aws:multifactorauthage
    aws:multifactorauthpresent aws:principalaccount aws:principalarn aws:principalisawsservice
    aws:principalorgid aws:principalorgpaths aws:principalservicename aws:principalservicenameslist
    aws:principaltag/ aws:principaltype aws:referer aws:requestedregion aws:requesttag/
    aws:resourceaccount aws:resourceorgid aws:resourceorgpaths aws:resourcetag/ aws:securetransport
    aws:sourceaccount aws:sourcearn aws:sourceidentity aws:sourceip aws:sourceorgid
    aws:sourceorgpaths aws:sourceowner aws:sourcevpc aws:sourcevpcarn aws:sourcevpce aws:tagkeys
    aws:tokenissuetime aws:useragent aws:userid aws:username aws:viaawsmcpservice aws:viaawsservice
    aws:vpceaccount aws:vpceorgid aws:vpceorgpaths aws:vpcsourceip
    s3:accessgrantscope s3:accessgrantsinstancearn s3:accessgrantslocationscope
    s3:accesspointnetworkorigin s3:accesspointtag/ s3:annotation-prefix s3:authtype s3:buckettag/
    s3:dataaccesspointaccount s3:dataaccesspointarn s3:delimiter s3:deliverysourcearn
    s3:destinationregion s3:existingjoboperation s3:existingjobpriority s3:existingobjecttag/
    s3:if-match s3:if-none-match s3:inventoryaccessibleoptionalfields s3:isreplicationpauserequest
    s3:jobsuspendedcause s3:locationconstraint s3:logtype s3:max-annotation-results s3:max-keys
    s3:object-lock-event-hold s3:object-lock-event-hold-duration-days s3:object-lock-legal-hold
    s3:object-lock-mode s3:object-lock-remaining-retention-days s3:object-lock-retain-until-date
    s3:objectcreationoperation s3:prefix s3:requestjoboperation s3:requestjobpriority
    s3:requestobjecttag/ s3:requestobjecttagkeys s3:resourceaccount s3:resourcearnbeingauthorized
    s3:signatureage s3:signatureversion s3:tlsversion s3:versionid s3:x-amz-acl
    s3:x-amz-bucket-namespace s3:x-amz-content-sha256 s3:x-amz-copy-source
    s3:x-amz-grant-full-control s3:x-amz-grant-read s3:x-amz-grant-read-acp s3:x-amz-grant-write
    s3:x-amz-grant-write-acp s3:x-amz-metadata-directive s3:x-amz-object-annotation-directive
    s3:x-amz-object-if-match s3:x-amz-object-ownership s3:x-amz-server-side-encryption
    s3:x-amz-server-side-encryption-aws-kms-key-id
    s3:x-amz-server-side-encryption-customer-algorithm s3:x-amz-storage-class
    s3:x-amz-website-redirect-location sts:authentication
  `
    .trim()
    .split(/\s+/),
);

export function isKnownConditionKey(text: string): boolean {
  const { name, member } = parseConditionKey(text);
  return member === undefined ? KEYS.has(name) : member !== "" && KEYS.has(`${name}/`);
}
