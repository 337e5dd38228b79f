"""Needs, their clocks, the referrals that are attempts to meet them, and the escalations of clocks that ran out."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Need(models.Model):
    """What a rule of the policy requires now. At most one is open for a case and a service; each time the rule holds
    anew is a new cycle. `still_holds` marks a closed need whose rule has not ceased to hold (served and accepted,
    refused): it does not open again until the rule has ceased and holds anew."""

    class State(models.TextChoices):
        OPEN = "open", _("open")
        MET = "met", _("met")
        REFUSED = "refused", _("the person refused help")
        WITHDRAWN = "withdrawn", _("withdrawn")

    class Reason(models.TextChoices):
        """Why a need was closed."""

        RULE_CEASED = "rule_ceased", _("the facts no longer require it")
        SERVED = "served", _("served and accepted")
        RETRACTED = "retracted", _("a mistaken fact was retracted")
        EDITION = "edition", _("another edition of the policy is in force")
        REFUSED = "refused", _("the person refused help")
        CASE_CLOSED = "case_closed", _("the case was closed")
        HUMAN = "human", _("withdrawn by a member of staff")

    case = models.ForeignKey("cases.Case", on_delete=models.PROTECT, related_name="needs")
    service = models.CharField(max_length=64)
    cycle = models.PositiveSmallIntegerField(default=1)
    rule = models.CharField(max_length=16)
    domain = models.CharField(max_length=32)
    edition = models.CharField(max_length=64)
    addressee = models.CharField(max_length=64)
    on_breach = models.CharField(max_length=64)
    state = models.CharField(max_length=16, choices=State.choices, default=State.OPEN)
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    met_at = models.DateTimeField(null=True)
    close_reason = models.CharField(max_length=16, choices=Reason.choices, blank=True)
    close_note = models.CharField(max_length=500, blank=True)
    still_holds = models.BooleanField(default=False)
    escalated_no_agency = models.BooleanField(default=False)
    is_inherited = models.BooleanField(default=False)

    class Meta:
        ordering = ("id",)
        constraints = [
            models.UniqueConstraint(fields=["case", "service"], name="need_one_open", condition=models.Q(state="open")),
            models.UniqueConstraint(fields=["case", "service", "cycle"], name="need_cycle_once"),
        ]


class EarlierMeeting(models.Model):
    """A claim that a need was met before it was recorded: dated evidence, and the decision of a second person."""

    need = models.OneToOneField(Need, on_delete=models.PROTECT, related_name="earlier_meeting")
    met_at = models.DateTimeField()
    evidence = models.ForeignKey("cases.Evidence", on_delete=models.PROTECT, related_name="+")
    asked_by = models.ForeignKey("access.User", on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    decided_by = models.ForeignKey("access.User", null=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True)
    is_approved = models.BooleanField(null=True)


class Clock(models.Model):
    """A deadline. `due_at` is the next moment at which something must fire (`due_step` says what); it is null while
    nothing is due. Everything here is recomputed from the interval log; what has fired stays. A queue table: it carries
    what the sweeper needs and is swept by a partial index on `due_at`."""

    class Step(models.TextChoices):
        TARGET = "target", _("target")
        LIMIT = "limit", _("limit")
        PAUSE_END = "pause_end", _("end of a pause")

    case = models.ForeignKey("cases.Case", on_delete=models.PROTECT, related_name="clocks")
    need = models.OneToOneField(Need, null=True, on_delete=models.PROTECT, related_name="clock")
    measure = models.OneToOneField(
        "referrals.CorrectiveMeasure", null=True, on_delete=models.PROTECT, related_name="clock"
    )
    target = models.CharField(max_length=16)
    limit = models.CharField(max_length=16)
    target_at = models.DateTimeField(null=True)
    limit_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)
    due_step = models.CharField(max_length=16, choices=Step.choices, blank=True)
    warned_at = models.DateTimeField(null=True)
    breached_at = models.DateTimeField(null=True)
    stopped_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["due_at", "id"], name="clock_due", condition=models.Q(due_at__isnull=False)),
            models.Index(fields=["case"], name="clock_running", condition=models.Q(stopped_at=None)),
        ]


class ClockInterval(models.Model):
    """A row of a clock's log: from when to when it ran, waited on a prerequisite or was paused, why and for whom."""

    class Kind(models.TextChoices):
        RUNNING = "running", _("running")
        WAITING = "waiting", _("waiting")
        PAUSED = "paused", _("paused")

    clock = models.ForeignKey(Clock, on_delete=models.CASCADE, related_name="intervals")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    start = models.DateTimeField()
    end = models.DateTimeField(null=True)
    reason = models.CharField(max_length=64, blank=True)
    party = models.CharField(max_length=64, blank=True)
    maximum = models.DateTimeField(null=True)
    by = models.ForeignKey("access.User", null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ("start", "id")
        constraints = [
            models.UniqueConstraint(fields=["clock"], name="interval_one_open", condition=models.Q(end=None)),
        ]


class PauseReason(models.TextChoices):
    """Why a clock may be paused, and for whom one waits then (`PAUSE_PARTY`)."""

    PERSON_ABSENT = "person_absent", _("the person did not come")
    PERSON_IN_HOSPITAL = "person_in_hospital", _("the person is in hospital")
    ANSWER_OF_BODY = "answer_of_body", _("waiting for the answer of a state body")
    COURT = "court", _("waiting for the decision of a court")
    SEARCH = "search", _("the person is searched for")


class PauseParty(models.TextChoices):
    PERSON = "person", _("the person")
    AGENCY = "agency", _("the agency")
    STATE_BODY = "state_body", _("another state body")
    COURT = "court", _("the court")


class DeclineReason(models.TextChoices):
    """Structured negatives: why an agency cannot help or did not serve."""

    NO_PLACES = "no_places", _("no free places")
    NOT_ELIGIBLE = "not_eligible", _("the person does not fit the terms of the service")
    OTHER_TERRITORY = "other_territory", _("another territory")
    NO_STAFF = "no_staff", _("no staff for it now")
    PAPERS_MISSING = "papers_missing", _("papers are missing")
    NO_SHOW = "no_show", _("the person did not come")
    NOT_REACHED = "not_reached", _("the person cannot be reached")
    OTHER = "other", _("another reason")


class Referral(models.Model):
    """An attempt to meet a need: one agency, one named person, one answer."""

    class State(models.TextChoices):
        DRAFT = "draft", _("to be handed over on paper")
        WAITING_CONSENT = "waiting_consent", _("waits for the written consent")
        SENT = "sent", _("sent")
        ACKNOWLEDGED = "acknowledged", _("received")
        ACCEPTED = "accepted", _("accepted")
        SERVED = "served", _("served")
        DISPUTED = "disputed", _("disputed by the person")
        NOT_SERVED = "not_served", _("not served")
        DECLINED = "declined", _("declined")
        WITHDRAWN = "withdrawn", pgettext_lazy("referral", "withdrawn")
        DISCARDED = "discarded", _("withdrawn before it was sent")

    need = models.ForeignKey(Need, on_delete=models.PROTECT, related_name="referrals")
    case = models.ForeignKey("cases.Case", on_delete=models.PROTECT, related_name="referrals")
    agency = models.ForeignKey("agencies.Agency", on_delete=models.PROTECT, related_name="referrals")
    attempt = models.PositiveSmallIntegerField(default=1)
    state = models.CharField(max_length=16, choices=State.choices)
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    acknowledged_at = models.DateTimeField(null=True)
    accepted_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    on_paper = models.BooleanField(default=False)
    paper_at = models.DateTimeField(null=True)
    handled_by = models.ForeignKey("access.User", null=True, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=32, choices=DeclineReason.choices, blank=True)
    note = models.CharField(max_length=500, blank=True)
    evidence = models.ForeignKey("cases.Evidence", null=True, on_delete=models.PROTECT, related_name="+")
    person_answer = models.CharField(
        max_length=16, blank=True, choices=[("confirmed", _("confirmed")), ("disputed", _("disputed"))]
    )
    person_answered_at = models.DateTimeField(null=True)
    person_answer_by = models.ForeignKey("access.User", null=True, on_delete=models.PROTECT, related_name="+")
    case_accepted_at = models.DateTimeField(null=True)
    case_accepted_by = models.ForeignKey("access.User", null=True, on_delete=models.PROTECT, related_name="+")
    due_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("id",)
        constraints = [
            models.UniqueConstraint(fields=["need", "attempt"], name="referral_attempt_once"),
            models.UniqueConstraint(
                fields=["need"],
                name="referral_one_going",
                condition=models.Q(state__in=["draft", "waiting_consent", "sent", "acknowledged", "accepted"]),
            ),
        ]
        indexes = [
            models.Index(
                fields=["agency", "due_at", "id"],
                name="referral_inbox",
                condition=models.Q(state__in=["sent", "acknowledged", "accepted"]),
            ),
            models.Index(
                fields=["agency", "-id"],
                name="referral_answered",
                condition=models.Q(state__in=["served", "not_served"]),
            ),
        ]


class DelayCause(models.TextChoices):
    """Why a deadline was missed, as the leadership records it."""

    NO_RESOURCES = "no_resources", _("no places or resources")
    STAFF_OVERLOADED = "staff_overloaded", _("staff overloaded")
    NOT_ACTED = "not_acted", _("the executor did not act")
    PAPERS = "papers", _("papers missing or late")
    PERSON_ABSENT = "person_absent", _("the person could not be reached")
    OTHER_BODY = "other_body", _("another body did not answer")
    NORM = "norm", _("the rules do not allow it in time")
    OTHER = "other", _("another cause")


class Escalation(models.Model):
    """A missed limit, or a need with no agency to go to, in front of the addressee whom the policy names. The addressee
    records the cause and a corrective measure (002 §3). `solved_at`: when a need that no agency could take was taken
    on or closed after all; it may still be answered, and nobody waits for that. `handed_on_at`: when the case went to
    another unit and `agency` became who answers for it there."""

    class Kind(models.TextChoices):
        BREACH = "breach", _("the limit was missed")
        NO_AGENCY = "no_agency", _("no agency can take it")
        MEASURE_LATE = "measure_late", _("a corrective measure was not carried out in time")

    clock = models.ForeignKey(Clock, on_delete=models.PROTECT, related_name="escalations")
    case = models.ForeignKey("cases.Case", on_delete=models.PROTECT, related_name="escalations")
    need = models.ForeignKey(Need, on_delete=models.PROTECT, related_name="escalations")
    kind = models.CharField(max_length=16, choices=Kind.choices)
    addressee = models.CharField(max_length=64)
    agency = models.ForeignKey("agencies.Agency", null=True, on_delete=models.PROTECT, related_name="escalations")
    late_agency = models.ForeignKey("agencies.Agency", null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    fell_due_at = models.DateTimeField()
    in_digest = models.BooleanField(default=False)
    cause = models.CharField(max_length=32, choices=DelayCause.choices, blank=True)
    cause_note = models.CharField(max_length=500, blank=True)
    answered_at = models.DateTimeField(null=True)
    answered_by = models.ForeignKey("access.User", null=True, on_delete=models.PROTECT, related_name="+")
    solved_at = models.DateTimeField(null=True)
    handed_on_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-id",)
        constraints = [models.UniqueConstraint(fields=["clock", "kind"], name="escalation_once")]
        indexes = [
            models.Index(fields=["agency", "-id"], name="escalation_by_agency"),
            models.Index(
                fields=["agency", "fell_due_at", "id"],
                name="escalation_oldest",
                condition=models.Q(answered_at=None, solved_at=None, in_digest=False),
            ),
            models.Index(
                fields=["agency", "-id"],
                name="escalation_inherited",
                condition=models.Q(answered_at=None, solved_at=None, in_digest=True),
            ),
            models.Index(
                fields=["agency", "-id"],
                name="escalation_settled",
                condition=models.Q(answered_at=None, solved_at__isnull=False),
            ),
        ]


class CorrectiveMeasure(models.Model):
    """What the addressee ordered, by whom and by when; its date is a clock too."""

    escalation = models.OneToOneField(Escalation, on_delete=models.PROTECT, related_name="measure")
    text = models.CharField(_("corrective measure"), max_length=500)
    responsible = models.CharField(_("who carries it out"), max_length=200)
    due_on = models.DateField(_("by"))
    ordered_by = models.ForeignKey("access.User", on_delete=models.PROTECT, related_name="+")
    ordered_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)
    done_note = models.CharField(max_length=500, blank=True)

    class Meta:
        indexes = [models.Index(fields=["due_on", "id"], name="measure_open", condition=models.Q(done_at=None))]
