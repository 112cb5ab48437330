// Original file: proto/swarm/v1/ca.proto


export interface GetRootCertificateRequest {
}

export interface GetRootCertificateRequest__Output {
}
