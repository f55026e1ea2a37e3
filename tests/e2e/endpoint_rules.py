#!/usr/bin/env python3
"""Every region x FIPS x dual-stack x service: withlock's hosts beside those of AWS's rule sets.

    endpoint_rules.py [--botocore MODULE] [--record FILE SOURCE]

The rule sets are those of the botocore that can be imported (or of MODULE, such as
awscli.botocore, the one within AWS CLI v2), and those recorded in tests/vectors/endpoints, whose
first line names their source. --record writes such a file. What may differ is in KNOWN, with the
reason; anything else fails. Needs SHOW_ENDPOINTS.
"""
import argparse
import collections
import glob
import importlib
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
RECORDS = os.path.join(HERE, "..", "vectors", "endpoints")
SERVICES = ["logs", "sts", "sso", "sso-oidc", "signin"]
VARIANTS = [(False, False), (True, False), (False, True), (True, True)]
# Beside the regions that AWS lists: new ones that are to be expected, and those of no partition.
MADE_UP = ["xx-new-9", "moon", "ap-word-12", "us-gov-central-1", "cn-east-7", "eusc-de-west-2",
           "us-iso-north-3", "us-isob-north-3", "eu-isoe-north-3", "us-isof-north-3", "cn-a-b-1"]
REFUSED = "-"


class Rules:
    """The rule sets within a botocore. A service that it does not know yet has none."""

    def __init__(self, module):
        self.botocore = importlib.import_module(module)
        provider = importlib.import_module(module + ".endpoint_provider")
        self.refusal = importlib.import_module(module + ".exceptions").BotoCoreError
        loader = importlib.import_module(module + ".loaders").create_loader()
        partitions = loader.load_data("partitions")
        self.regions = [region for partition in partitions["partitions"]
                        for region in partition["regions"] if not region.endswith("-global")]
        self.providers = {}
        for service in SERVICES:
            if service in loader.list_available_services("endpoint-rule-set-1"):
                rules = loader.load_service_model(service, "endpoint-rule-set-1")
                self.providers[service] = provider.EndpointProvider(rules, partitions)

    def host(self, service, region, fips, dual_stack):
        given = {"Region": region, "UseFIPS": fips, "UseDualStack": dual_stack,
                 "UseGlobalEndpoint": False, "IsControlPlane": False}
        provider = self.providers[service]
        known = {name: value for name, value in given.items()
                 if name in provider.ruleset.parameters}
        try:
            return provider.resolve_endpoint(**known).url
        except self.refusal:
            return REFUSED

    def table(self):
        return {(service, region): [self.host(service, region, *variant) for variant in VARIANTS]
                for service in self.providers for region in self.regions + MADE_UP}


def read_record(path):
    with open(path, encoding="utf-8") as file:
        rows = [line.split() for line in file if not line.startswith("#")]
    return {(row[0], row[1]): ["https://" + host if host != REFUSED else host for host in row[2:]]
            for row in rows}


def write_record(path, source, table):
    with open(path, "w", encoding="utf-8") as file:
        file.write(f"# {source}\n# service region plain FIPS dual-stack both; - is refused\n")
        for (service, region), hosts in table.items():
            file.write(" ".join([service, region] + [host.replace("https://", "")
                                                     for host in hosts]) + "\n")


def ask_withlock(keys):
    lines = [f"{service} {region} {int(fips)} {int(dual_stack)}"
             for service, region in keys for fips, dual_stack in VARIANTS]
    done = subprocess.run([os.environ["SHOW_ENDPOINTS"]], input="\n".join(lines), text=True,
                          capture_output=True, check=True)
    return iter(done.stdout.split("\n"))


def is_sign_in_before_june_2026(table, service, region, variant):
    """It got hosts of its own in these partitions then, and for FIPS in GovCloud."""
    new = "https://signin-fips.amazonaws-us-gov.com"
    if service != "signin" or table[("signin", "us-gov-west-1")][1] == new:
        return False
    return (variant == (False, False) and region.startswith(("eusc-", "us-iso", "eu-isoe"))
            or variant == (True, False) and region.startswith("us-gov-"))


def is_partition_unknown(table, region):
    """Younger than the table? Then its regions are taken for regions of partition aws."""
    return any(region.startswith(prefix) and not any(
        known.startswith(prefix) and known not in MADE_UP for _, known in table)
               for prefix in ("eusc-de-", "eu-isoe-", "us-isof-"))


def is_govcloud_before_2024(table, service, region, variant):
    """Its hosts of IAM Identity Center had -fips, too."""
    return (service in ("sso", "sso-oidc") and region.startswith("us-gov-")
            and variant == (True, False) and "-fips." in table[(service, "us-gov-west-1")][1])


def reason_of(table, service, region, variant, theirs):
    if theirs == REFUSED:
        return "refused there: partition without FIPS or dual-stack"
    if is_partition_unknown(table, region):
        return "partition not known there"
    if is_sign_in_before_june_2026(table, service, region, variant):
        return "sign-in before June 2026"
    if is_govcloud_before_2024(table, service, region, variant):
        return "Identity Center of GovCloud before 2024"
    return None


def compare(name, table):
    """Returns how many differences nobody knows the reason of."""
    ours = ask_withlock(table)
    tally = collections.Counter()
    for (service, region), hosts in table.items():
        for variant, theirs in zip(VARIANTS, hosts):
            mine = next(ours)
            reason = "same" if mine == theirs else reason_of(table, service, region, variant,
                                                             theirs)
            tally[reason or "NOT EXPLAINED"] += 1
            if not reason:
                print(f"{name}: {service} {region} FIPS, dual-stack {variant}: "
                      f"theirs {theirs}, ours {mine}")
    print(f"{name}: {sum(tally.values())} combinations: " +
          ", ".join(f"{count} {label}" for label, count in tally.most_common()))
    return tally["NOT EXPLAINED"]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--botocore", default="botocore")
    parser.add_argument("--record", nargs=2, metavar=("FILE", "SOURCE"))
    options = parser.parse_args()
    try:
        rules = Rules(options.botocore)
    except ImportError:
        print(f"{options.botocore} with rule sets is not installed")
        rules = None
    if options.record:
        write_record(*options.record, rules.table())
        return 0
    failures = compare(f"botocore {rules.botocore.__version__}", rules.table()) if rules else 0
    records = sorted(glob.glob(RECORDS + "/*.txt"))
    assert records, "nothing is recorded"
    for path in records:
        failures += compare(os.path.basename(path), read_record(path))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
