"""Projected volumes (``validateProjectedVolumeSource``): several sources in one directory."""

from __future__ import annotations

from kverify.api.types.volume import (
    ClusterTrustBundleProjection,
    PodCertificateProjection,
    ProjectedVolumeSource,
    ServiceAccountTokenProjection,
    VolumeProjection,
)
from kverify.api.validation import formats
from kverify.api.validation.metadata import MAX_ANNOTATION_BYTES, check_format, check_selector
from kverify.api.validation.report import DUPLICATE, LABEL, Path, Report
from kverify.api.validation.volume_files import check_downward_file, check_items, check_mode
from kverify.naming import snake_case

PROJECTIONS = ("secret", "configMap", "downwardAPI", "serviceAccountToken", "clusterTrustBundle", "podCertificate")
MIN_TOKEN_SECONDS = 600
MAX_TOKEN_SECONDS = 2**32
KEY_TYPES = ("RSA3072", "RSA4096", "ECDSAP256", "ECDSAP384", "ECDSAP521", "ED25519")
MIN_CERTIFICATE_SECONDS = 3600
MAX_CERTIFICATE_SECONDS = 91 * 86400
MAX_KUBERNETES_CERTIFICATE_SECONDS = 86400


def check_projected(source: ProjectedVolumeSource, path: Path, report: Report) -> None:
    check_mode(source.default_mode, path.child("defaultMode"), report)
    taken: set[str] = set()
    for here, projection in path.child("sources").each(source.sources):
        _check_files(projection, here, path, taken, report)
        if projection.service_account_token is not None:
            _check_token(projection.service_account_token, here.child("serviceAccountToken"), path, report)
        if projection.cluster_trust_bundle is not None:
            bundle_path = here.child("clusterTrustBundle")
            _check_bundle(projection.cluster_trust_bundle, bundle_path, report)
            _claim(projection.cluster_trust_bundle.path, bundle_path.child("path"), path, taken, report)
        if projection.pod_certificate is not None:
            _check_certificate(projection.pod_certificate, here.child("podCertificate"), path, taken, report)
        if sum(getattr(projection, snake_case(name)) is not None for name in PROJECTIONS) > 1:
            report.forbidden(here, "A projection has one source only.", "split it into two sources")


def _check_files(projection: VolumeProjection, path: Path, volume: Path, taken: set[str], report: Report) -> None:
    """Secrets, config maps and the downward API."""
    for name, source in (("secret", projection.secret), ("configMap", projection.config_map)):
        if source is None:
            continue
        here = path.child(name)
        if not source.name:
            report.required(here.child("name"))
        check_items(source.items, here.child("items"), report)
        for place, item in here.child("items").each(source.items):
            _claim(item.path, place.child("path"), volume, taken, report)
    if projection.downward_api is not None:
        here = path.child("downwardAPI")
        for index, file in enumerate(projection.downward_api.items):
            check_downward_file(file, here.inside("items", index), report)
            _claim(file.path, here.inside("items", index, "path"), volume, taken, report)


def _claim(text: str, here: Path, volume: Path, taken: set[str], report: Report) -> None:
    """No file is made twice; the API server prints the volume."""
    if text and text in taken:
        message = f"{text} is made twice in this volume."
        report.invalid(here.printed(str(volume)), message, "give it another path", DUPLICATE)
    taken.add(text)


def _check_token(token: ServiceAccountTokenProjection, path: Path, volume: Path, report: Report) -> None:
    here = path.child("expirationSeconds")
    seconds = token.expiration_seconds
    if seconds is not None and seconds < MIN_TOKEN_SECONDS:
        report.invalid(here, f"A token lives at least {MIN_TOKEN_SECONDS} seconds.", f"{MIN_TOKEN_SECONDS} or more")
    if seconds is not None and seconds > MAX_TOKEN_SECONDS:
        report.invalid(here, "A token lives at most 2^32 seconds.", "lower it")
    # The API server prints the volume's path, which it does not have.
    place = path.child("path").printed(f"{volume}.path")
    if not token.path:
        report.required(place, "The token has no path.", "add path: token")
    else:
        check_format(token.path, place, report, formats.file_path)


def _check_bundle(bundle: ClusterTrustBundleProjection, path: Path, report: Report) -> None:
    if bundle.name is not None and bundle.signer_name is not None:
        report.invalid(path, "name and signerName exclude each other.", "keep one of them")
    elif bundle.name is not None:
        here = path.child("name")
        if not bundle.name:
            report.required(here)
        else:
            # A bundle of a signer is named SIGNER:NAME, with ':' for the '/' of the signer.
            check_format(bundle.name.rpartition(":")[2], here, report, formats.dns_subdomain)
        if bundle.label_selector is not None:
            report.invalid(path.child("labelSelector"), "A bundle that is named is not selected.", "remove it")
    elif bundle.signer_name is not None:
        here = path.child("signerName")
        if not bundle.signer_name:
            report.required(here)
        else:
            check_format(bundle.signer_name, here, report, formats.signer)
        if bundle.label_selector is not None:
            check_selector(bundle.label_selector, path.child("labelSelector"), report)
    else:
        report.required(path, "The projection names no bundle.", "add name or signerName")
    if not bundle.path:
        report.required(path.child("path"))
    else:
        check_format(bundle.path, path.child("path"), report, formats.file_path)


def _check_certificate(
    certificate: PodCertificateProjection, path: Path, volume: Path, taken: set[str], report: Report
) -> None:
    here = path.child("signerName")
    if not certificate.signer_name:
        report.required(here)
    else:
        check_format(certificate.signer_name, here, report, formats.signer)
    _check_user_annotations(certificate, path.child("userAnnotations"), report)
    if certificate.key_type not in KEY_TYPES:
        report.unsupported(path.child("keyType"), certificate.key_type, KEY_TYPES)
    host = certificate.signer_name.partition("/")[0]
    own = host == "kubernetes.io" or host.endswith(".kubernetes.io")
    longest = MAX_KUBERNETES_CERTIFICATE_SECONDS if own else MAX_CERTIFICATE_SECONDS
    seconds = path.child("maxExpirationSeconds")
    report.between(seconds, certificate.max_expiration_seconds, MIN_CERTIFICATE_SECONDS, longest)
    given = False
    for name, text in (
        ("credentialBundlePath", certificate.credential_bundle_path),
        ("keyPath", certificate.key_path),
        ("certificateChainPath", certificate.certificate_chain_path),
    ):
        if text:
            given = True
            check_format(text, path.child(name), report, formats.file_path)
            _claim(text, path.child(name), volume, taken, report)
    if not given:
        report.required(path, "The certificate has no path.", "add credentialBundlePath")


def _check_user_annotations(certificate: PodCertificateProjection, path: Path, report: Report) -> None:
    """``ValidateUserAnnotations``: keys have a domain."""
    size = 0
    for key, value in certificate.user_annotations.items():
        size += len(key.encode()) + len(value.encode())
        if "/" not in key:
            report.error(LABEL, path.inside(key), f"{key} has no domain.", f"write example.com/{key}", at_key=True)
        else:
            check_format(key.lower(), path.inside(key), report, formats.qualified_name, LABEL, at_key=True)
    if size > MAX_ANNOTATION_BYTES:
        report.error(LABEL, path, f"The annotations are {size} bytes long; the limit is {MAX_ANNOTATION_BYTES}.")
