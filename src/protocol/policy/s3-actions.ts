/**
 * The actions of S3, in small letters, without the service. All that AWS has: a policy may name what Ledge has not.
 *
 * Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html, as of 2026-09
 */
export const S3_ACTIONS: ReadonlySet<string> = new Set(
  `
    abortmultipartupload allowvendedlogdeliveryforresource associateaccessgrantsidentitycenter
    bypassgovernanceretention createaccessgrant createaccessgrantsinstance
    createaccessgrantslocation createaccesspoint createaccesspointforobjectlambda createbucket
    createbucketmetadatatableconfiguration createjob createmultiregionaccesspoint
    createstoragelensgroup deleteaccessgrant deleteaccessgrantsinstance
    deleteaccessgrantsinstanceresourcepolicy deleteaccessgrantslocation deleteaccesspoint
    deleteaccesspointforobjectlambda deleteaccesspointpolicy deleteaccesspointpolicyforobjectlambda
    deletebucket deletebucketmetadatatableconfiguration deletebucketpolicy deletebucketwebsite
    deletejobtagging deletemultiregionaccesspoint deleteobject deleteobjectannotation
    deleteobjecttagging deleteobjectversion deleteobjectversionannotation deleteobjectversiontagging
    deletestoragelensconfiguration deletestoragelensconfigurationtagging deletestoragelensgroup
    describejob describemultiregionaccesspointoperation dissociateaccessgrantsidentitycenter
    getaccelerateconfiguration getaccessgrant getaccessgrantsinstance
    getaccessgrantsinstanceforprefix getaccessgrantsinstanceresourcepolicy getaccessgrantslocation
    getaccesspoint getaccesspointconfigurationforobjectlambda getaccesspointforobjectlambda
    getaccesspointpolicy getaccesspointpolicyforobjectlambda getaccesspointpolicystatus
    getaccesspointpolicystatusforobjectlambda getaccountpublicaccessblock getanalyticsconfiguration
    getbucketabac getbucketacl getbucketcors getbucketlocation getbucketlogging
    getbucketmetadatatableconfiguration getbucketnotification getbucketobjectlockconfiguration
    getbucketownershipcontrols getbucketpolicy getbucketpolicystatus getbucketpublicaccessblock
    getbucketrequestpayment getbuckettagging getbucketversioning getbucketwebsite getdataaccess
    getencryptionconfiguration getintelligenttieringconfiguration getinventoryconfiguration
    getjobtagging getlifecycleconfiguration getmetricsconfiguration getmultiregionaccesspoint
    getmultiregionaccesspointpolicy getmultiregionaccesspointpolicystatus
    getmultiregionaccesspointroutes getobject getobjectacl getobjectannotation getobjectattributes
    getobjectlegalhold getobjectretention getobjecttagging getobjecttorrent getobjectversion
    getobjectversionacl getobjectversionannotation getobjectversionannotationforreplication
    getobjectversionattributes getobjectversionforreplication getobjectversiontagging
    getobjectversiontorrent getreplicationconfiguration getstoragelensconfiguration
    getstoragelensconfigurationtagging getstoragelensdashboard getstoragelensgroup
    initiatereplication listaccessgrants listaccessgrantsinstances listaccessgrantslocations
    listaccesspoints listaccesspointsforobjectlambda listallmybuckets listbucket
    listbucketmultipartuploads listbucketversions listcalleraccessgrants listjobs
    listmultipartuploadparts listmultiregionaccesspoints listobjectannotations
    listobjectversionannotations liststoragelensconfigurations liststoragelensgroups
    listtagsforresource objectowneroverridetobucketowner pausereplication putaccelerateconfiguration
    putaccessgrantsinstanceresourcepolicy putaccesspointconfigurationforobjectlambda
    putaccesspointpolicy putaccesspointpolicyforobjectlambda putaccesspointpublicaccessblock
    putaccountpublicaccessblock putanalyticsconfiguration putbucketabac putbucketacl putbucketcors
    putbucketlogging putbucketnotification putbucketobjectlockconfiguration
    putbucketownershipcontrols putbucketpolicy putbucketpublicaccessblock putbucketrequestpayment
    putbuckettagging putbucketversioning putbucketwebsite putencryptionconfiguration
    putintelligenttieringconfiguration putinventoryconfiguration putjobtagging
    putlifecycleconfiguration putmetricsconfiguration putmultiregionaccesspointpolicy putobject
    putobjectacl putobjectannotation putobjectlegalhold putobjectretention putobjecttagging
    putobjectversionacl putobjectversionannotation putobjectversiontagging
    putreplicationconfiguration putstoragelensconfiguration putstoragelensconfigurationtagging
    replicatedelete replicateobject replicateobjectannotation replicatetags restoreobject
    submitmultiregionaccesspointroutes tagresource untagresource updateaccessgrantslocation
    updatebucketmetadataannotationtableconfiguration updatebucketmetadatainventorytableconfiguration
    updatebucketmetadatajournaltableconfiguration updatejobpriority updatejobstatus
    updateobjectencryption updatestoragelensgroup
  `
    .trim()
    .split(/\s+/),
);
