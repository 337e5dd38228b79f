from django.db import migrations, models

SETTLED = """
update referrals_escalation e set solved_at = greatest(e.at, s.at)
from (
    select n.id,
           least(n.closed_at, (select min(r.accepted_at) from referrals_referral r
                               where r.need_id = n.id and r.state in ('accepted', 'served'))) as at
    from referrals_need n where n.escalated_no_agency
) s
where e.need_id = s.id and e.kind = 'no_agency' and e.answered_at is null and s.at is not null
"""


class Migration(migrations.Migration):
    dependencies = [("referrals", "0002_lists_to_act_on")]

    operations = [
        migrations.AddField("escalation", "solved_at", models.DateTimeField(null=True)),
        migrations.RunSQL(SETTLED, migrations.RunSQL.noop),
    ]
