import type { Service } from "../../domain/auth/credential.ts";
import { IAM_ACTIONS } from "../iam/iam-actions.ts";
import { NOT_BUILT_IAM_ACTIONS } from "../iam/not-built.ts";
import { CALLER_ACTIONS } from "../sts/caller-identity.ts";
import { ASSUME_ROLE_ACTIONS } from "../sts/assume-role.ts";
import { WEB_IDENTITY_ACTIONS } from "../sts/assume-role-with-web-identity.ts";
import { LOOKUP_ACTIONS } from "../sts/lookups.ts";
import { OWN_SESSION_ACTIONS } from "../sts/own-sessions.ts";
import { NOT_BUILT_STS_ACTIONS } from "../sts/not-built.ts";
import type { Actions } from "./action.ts";

/** An API of the Query protocol: one action a request, by the parameter `Action`. */
export interface QueryApi {
  /** In credential scopes, and before the colon of the actions that policies name. */
  readonly service: Service;
  /** Its only version, by which a request names the API. */
  readonly version: string;
  readonly namespace: string;
  readonly actions: Actions;
  /** Those that AWS has and Ledge has not. */
  readonly notBuilt: ReadonlySet<string>;
}

export const IAM: QueryApi = {
  service: "iam",
  version: "2010-05-08",
  namespace: "https://iam.amazonaws.com/doc/2010-05-08/",
  actions: IAM_ACTIONS,
  notBuilt: NOT_BUILT_IAM_ACTIONS,
};

export const STS: QueryApi = {
  service: "sts",
  version: "2011-06-15",
  namespace: "https://sts.amazonaws.com/doc/2011-06-15/",
  actions: {
    ...CALLER_ACTIONS,
    ...OWN_SESSION_ACTIONS,
    ...ASSUME_ROLE_ACTIONS,
    ...WEB_IDENTITY_ACTIONS,
    ...LOOKUP_ACTIONS,
  },
  notBuilt: NOT_BUILT_STS_ACTIONS,
};
