"""Which columns a table, a panel or a list of figures shows, in their order."""

# The columns of tables for people. `{g}` in a name stands for the group whose figures come first, `{named}` for
# the same where the heading says so, `{also}` for each group that is told beside it, `{own}` for each of these
# that is the area's own, `{u}` for the unit of the plan's cost table.
COVERAGE_COLUMNS = (
    "street_name",
    "area_km2",
    "{g}",
    "covered_area_share",
    "covered_{named}_share",
    "share_range",
    "uncovered_{named}",
    "backup_{named}_share",
    "covered_{own}_share",
    "uncovered_{own}",
    "mean_distance_{u}",
    "p90_distance_{u}",
)
LEVEL_COLUMNS = ("level_name", "part_name", *COVERAGE_COLUMNS[1:])
GAP_COLUMNS = (
    "zone",
    "{g}",
    "uncovered_range",
    "{also}",
    "area_km2",
    "streets_{g}",
    "nearest_name",
    "distance_{u}",
    "too_far_{u}",
    "farthest_{u}",
)
CLAIM_COLUMNS = (
    "street_name",
    "{g}",
    "claimed_{g}",
    "reached_{g}",
    "only_claimed_{g}",
    "only_claimed_{also}",
    "claimed_{g}_share",
    "reached_{g}_share",
    "straight_m",
    "walk_{u}",
    "extra_m",
)
CLAIMED_ZONE_COLUMNS = (
    "claimed_zone",
    "{g}",
    "{also}",
    "area_km2",
    "streets_{g}",
    "nearest_name",
    "straight_m",
    "walk_{u}",
    "extra_m",
)
CHANGE_COLUMNS = (
    "street_name",
    "{g}",
    "covered_{g}_share_before",
    "covered_{g}_share_after",
    "gained_{g}",
    "lost_{g}",
    "net_{g}",
    "backup_gained_{g}",
    "backup_lost_{g}",
    "gained_km2",
    "lost_km2",
)
CHANGE_SURE_COLUMNS = (  # as many as there is room for
    "street_name",
    "{g}",
    "covered_{g}_share_before",
    "range_before",
    "covered_{g}_share_after",
    "range_after",
    "net_{g}",
    "net_range",
    "more_share",
    "fewer_share",
)
GROUP_COLUMNS = ("group_name", *CHANGE_COLUMNS[1:], "nearer_{g}", "farther_{g}")
LEAGUE_COLUMNS = (
    "plan_name",
    "centres",
    "metres",
    "minutes",
    "covered_{named}_share",
    "share_range",
    "net_{named}",
    "net_range",
    "more_share",
    "gained_{g}",
    "lost_{g}",
    "net_{also}",
    "backup_gained_{g}",
    "backup_lost_{g}",
    "net_km2",
    "mean_distance_{u}",
)
YEAR_COLUMNS = (
    "plan_name",
    "year",
    "{g}",
    "covered_{g}",
    "covered_{g}_share",
    "share_range",
    "uncovered_{named}",
    "{also}",
    "covered_{also}_share",
)
TIMELINE_COLUMNS = (
    "plan_name",
    "day",
    "year",
    "centres",
    "{g}",
    "covered_{g}",
    "covered_{g}_share",
    "share_range",
    "uncovered_{named}",
    "mean_distance_{u}",
    "happened",
)
SERVICE_COLUMNS = (
    "service_name",
    "centres",
    "metres",
    "minutes",
    "covered_{g}",
    "covered_{g}_share",
    "share_range",
    "uncovered_{named}",
    "covered_{also}_share",
    "uncovered_{also}",
)
NEED_COLUMNS = (
    "group_name",
    "held_to",
    "group_people",
    "covered_group_people_share",
    "share_range",
    "uncovered_group_people",
    "backup_group_people_share",
    "mean_{u}",
)
PLACED_COLUMNS = ("unit_name", "placed_by", "known_{also}", "placed_{also}")
EQUITY_COLUMNS = (  # and `rank`, `street_name` or `group_name` before them
    "{g}",
    "mean_{u}",
    "worst_tenth_{u}",
    "ede_{u}",
    "gini",
    "theil",
    "palma",
    "fgt0",
    "fgt1",
    "fgt2",
)
EQUITY_SURE_COLUMNS = (  # as many as there is room for
    "{g}",
    "mean_{u}",
    "mean_range",
    "ede_{u}",
    "ede_range",
    "gini",
    "gini_range",
    "fgt0",
)
LOAD_COLUMNS = (
    "centre_name",
    "assigned",
    "places",
    "used",
    "left_over",
    "crowding",
    "goes_{u}",
)
PLACES_COLUMNS = ("site_name", "enlarges", "street_name", "places", "more", "price")
LOAD_STREET_COLUMNS = (
    "street_name",
    "need",
    "served",
    "left_over",
    "left_over_share",
    "unsaid",
    "access",
)
SURE_COLUMNS = (
    "street_name",
    "{g}",
    "covered_{g}_share",
    "expected_{g}_share",
    "share_range",
    "met_share",
    "rank_range",
    "worst_share",
)
SURE_CENTRE_COLUMNS = ("centre_name", "position_error_m", "variance_share", "deviation_share")
PROJECTION_COLUMNS = ("year", "{g}", "{also}")
LOSS_COLUMNS = ("closed_name", "lost_{named}", "lost_{also}", "lost_km2", "backup_lost_{named}")
GAIN_COLUMNS = ("best_name", "gained_{named}", "gained_{also}", "gained_km2", "lon", "lat")
SITE_COLUMNS = (  # and, before the price, what the goal is told in (`siting.GOALS`)
    "site_name",
    "street",
    "lon",
    "lat",
    "gross_{named}",
    "marginal_{g}",
    "cumulative_{g}",
    "chosen_share",
    "price",
)
PHASED_SITE_COLUMNS = (
    "phase",
    "site_name",
    "street",
    "lon",
    "lat",
    "marginal_{g}",
    "cumulative_{g}",
    "price",
)
PHASE_COLUMNS = (
    "phase",
    "phase_weight",
    "opened_sites",
    "spent",
    "left",
    "{g}",
    "before_{g}",
    "covered_{g}",
    "free_{g}",
    "regret_{g}",
    "status",
)
BENCH_COLUMNS = ("bench", "street", "lon", "lat", "marginal_{g}", "cumulative_{g}")
CURVE_COLUMNS = ("new", "best_{g}", "covered_{g}", "share", "objective", "nested", "status")
FRONTIER_COLUMNS = (
    "number",
    "covered_{g}",
    "covered_{g}_share",
    "given_up_{g}",
    "worst_street",
    "least_{g}_share",
    "mean_distance_{u}",
    "ede_{u}",
    "sites",
    "status",
)
# Of tables on a page,
COVERAGE_PANEL = (
    "street_name",
    "{g}",
    "covered_{g}_share",
    "backup_{g}_share",
    "uncovered_{named}",
)
COVERAGE_SURE_PANEL = (  # as many columns as there is room for
    "street_name",
    "covered_{g}_share",
    "low_{g}_share",
    "high_{g}_share",
    "uncovered_{named}",
)
CHANGE_PANEL = (
    "street_name",
    "covered_{g}_share_before",
    "covered_{g}_share_after",
    "gained_{g}",
    "lost_{g}",
)
CHANGE_SURE_PANEL = (
    "street_name",
    "covered_{g}_share_before",
    "covered_{g}_share_after",
    "low_net_{g}",
    "high_net_{g}",
)
LIVE_PANEL = ("street_name", "{g}", "covered_{g}_share", "net_{g}", "uncovered_{g}")
LOSS_PANEL = ("closed_name", "lost_{named}", "backup_lost_{named}")
SURE_PANEL = (
    "street_name",
    "covered_{g}_share",
    "expected_{g}_share",
    "low_{g}_share",
    "high_{g}_share",
)
LOAD_PANEL = ("street_name", "need", "left_over", "left_over_share")
GAIN_PANEL = ("street_name", "gained_{named}")
BENCH_PANEL = ("bench", "marginal_{named}", "cumulative_{named}")
# and of lists of figures, each with its unit: summaries and pop-ups.
SUMMARY = (
    "{g}",
    "covered_{g}_share",
    "uncovered_{g}",
    "backup_{g}_share",
    "covered_area_share",
    "mean_distance_{u}",
    "p90_distance_{u}",
)
INTERVAL = ("low_{g}_share", "high_{g}_share")  # of the share of people covered, in pop-ups
STREET_FACTS = (
    "{g}",
    "covered_{g}_share",
    "backup_{g}_share",
    "uncovered_{g}",
    "mean_distance_{u}",
)
CLAIM_FACTS = ("{g}", "area_km2", "nearest_name", "straight_m", "walk_{u}", "extra_m")
ZONE_FACTS = ("{g}", "area_km2", "nearest_name", "distance_{u}", "too_far_{u}")
CHANGE_SUMMARY = (
    "gained_{g}",
    "lost_{g}",
    "net_{g}",
    "backup_gained_{g}",
    "backup_lost_{g}",
    "gained_km2",
    "lost_km2",
)
