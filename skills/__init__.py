"""From a goal to joint targets: contracts, policies, arbitration."""
