"""The case: one episode of a person on the register, its ledger of facts, its evaluations, its plan and its notes."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Ground(models.TextChoices):
    """Why the person is on the register (law 38-VI, arts 13–17)."""

    CONDITIONAL_SENTENCE = "conditional_sentence", _("conditional sentence")
    RESTRICTION_OF_LIBERTY = "restriction_of_liberty", _("restriction of liberty")
    RELEASED_FULL_TERM = "released_full_term", _("released at the end of the term")
    CONDITIONAL_RELEASE = "conditional_release", _("conditional early release")
    SUBSTITUTED = "substituted", _("the unserved part replaced by a milder punishment")
    BEFORE_RELEASE = "before_release", _("prepares for release")
    PRE_TRIAL = "pre_trial", _("suspect or accused, by own application")


class ProbationKind(models.TextChoices):
    PRE_TRIAL = "pre_trial", _("pre-trial")
    SENTENCE = "sentence", _("by sentence")
    PENITENTIARY = "penitentiary", _("penitentiary")
    POST_PENITENTIARY = "post_penitentiary", _("post-penitentiary")


class CaseState(models.TextChoices):
    OPEN = "open", _("on the register")
    SUSPENDED = "suspended", _("suspended: search")
    CLOSED = "closed", _("closed")


class ClosingGround(models.TextChoices):
    TERM_ENDED = "term_ended", _("term ended")
    COURT_DECISION = "court_decision", _("removed from the register by decision of a court")
    AMNESTY = "amnesty", _("amnesty")
    RECALL = "recall", _("sent to prison by decision of a court")
    NEW_SENTENCE = "new_sentence", _("new sentence")
    LEFT_COUNTRY = "left_country", _("left for another country")
    PROGRAMME_COMPLETED = "programme_completed", _("programme completed")
    DEATH = "death", _("death")


class Case(models.Model):
    """One episode: day 0 is the day of enrolment. The columns from `edition` down are a summary of the latest
    evaluation and of the clocks, written by `routing.services` in the transaction of the change, so that lists read one
    table.

    `excluded`: ids of staff for whom the case does not exist (a relative, a conflict of interest). `is_restricted`: it
    exists for those in `listed` alone. Both stand in the row, so that whoever reads it cannot miss them."""

    person = models.ForeignKey("people.Person", on_delete=models.PROTECT, related_name="cases")
    region = models.ForeignKey("agencies.Region", on_delete=models.PROTECT, related_name="+")
    locality = models.CharField(_("town, village or district"), max_length=100, blank=True)
    unit = models.ForeignKey("agencies.Agency", on_delete=models.PROTECT, related_name="cases")
    cohort_unit = models.ForeignKey("agencies.Agency", on_delete=models.PROTECT, related_name="+")
    officer = models.ForeignKey("access.User", null=True, on_delete=models.PROTECT, related_name="cases")
    ground = models.CharField(_("ground"), max_length=32, choices=Ground.choices)
    probation_kind = models.CharField(_("type of probation"), max_length=32, choices=ProbationKind.choices)
    enrolled_on = models.DateField(_("date of enrolment"))
    released_on = models.DateField(_("date of release"), null=True, blank=True)
    enrolled_at = models.DateTimeField()
    state = models.CharField(max_length=16, choices=CaseState.choices, default=CaseState.OPEN)
    closed_on = models.DateField(null=True)
    closing_ground = models.CharField(max_length=32, choices=ClosingGround.choices, blank=True)
    go_live_on = models.DateField(null=True)
    import_key = models.CharField(max_length=64, blank=True)
    prison = models.ForeignKey(
        "agencies.Agency",
        verbose_name=_("institution that prepares the release"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    is_restricted = models.BooleanField(default=False)
    listed = ArrayField(models.BigIntegerField(), default=list)
    excluded = ArrayField(models.BigIntegerField(), default=list)

    edition = models.CharField(max_length=64, blank=True)
    evaluated_on = models.DateField(null=True)
    index = models.PositiveSmallIntegerField(default=0)
    risk = models.PositiveSmallIntegerField(default=0)
    domains = models.JSONField(default=dict)
    failures = ArrayField(models.CharField(max_length=32), default=list)
    failed_ever = models.BooleanField(default=False)
    next_change_on = models.DateField(null=True)
    next_due_at = models.DateTimeField(null=True)
    next_need = models.CharField(max_length=64, blank=True)
    breached = ArrayField(models.CharField(max_length=32), default=list)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person"], name="case_one_open", condition=~models.Q(state="closed")),
            models.UniqueConstraint(fields=["import_key"], name="case_import_once", condition=~models.Q(import_key="")),
        ]
        indexes = [
            models.Index(fields=["next_change_on"], name="case_next_change", condition=models.Q(state="open")),
            models.Index(
                fields=["officer", "-risk", "id"], name="case_by_officer", condition=~models.Q(state="closed")
            ),
            models.Index(fields=["unit", "-risk", "id"], name="case_by_unit", condition=~models.Q(state="closed")),
            models.Index(
                fields=["officer", "next_due_at"], name="case_due_by_officer", condition=~models.Q(state="closed")
            ),
        ]

    def __str__(self) -> str:
        return f"case {self.pk}"


class Scan(models.TextChoices):
    """What is known of an attached file. It says something only where there is, or was, a file."""

    WAITING = "waiting", _("being checked")
    CLEAN = "clean", _("checked, nothing was found")
    RELEASED = "released", _("released by a person")
    REJECTED = "rejected", _("rejected: the file was removed")


class Evidence(models.Model):
    """What stands behind a statement: a file, or a document that the recorder has seen, named by its number. A file is
    in quarantine until a scanner or a person has let it through; one that was rejected is gone and its record stays.
    `sha256` is that of the file kept, `original_sha256` that of the file as it came; `finding`: what the scanner calls
    what it found."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="evidence")
    title = models.CharField(_("document"), max_length=200)
    reference = models.CharField(_("number of the document"), max_length=100, blank=True)
    file = models.CharField(max_length=64, blank=True)
    content_type = models.CharField(max_length=100, blank=True)
    size = models.PositiveIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True)
    original_sha256 = models.CharField(max_length=64, blank=True)
    scan = models.CharField(max_length=16, choices=Scan.choices, default=Scan.WAITING)
    scanned_at = models.DateTimeField(null=True)
    scanned_by = models.ForeignKey("access.User", null=True, on_delete=models.PROTECT, related_name="+")
    finding = models.CharField(max_length=100, blank=True)
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey("access.User", null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        indexes = [
            models.Index(
                fields=["scanned_at", "id"],
                name="evidence_quarantine",
                condition=models.Q(scan="waiting") & ~models.Q(file=""),
            ),
            models.Index(fields=["case"], name="evidence_rejected", condition=models.Q(scan="rejected")),
        ]

    @property
    def is_checking(self) -> bool:
        """There is a file, and nobody may open it yet."""
        return bool(self.file) and self.scan == Scan.WAITING

    @property
    def proves(self) -> bool:
        """What rests on it counts as evidenced. A rejected file proves nothing, whatever number stands with it; one
        that is still being checked counts, or a unit without a scanner would lose its points for a day of waiting."""
        return self.scan != Scan.REJECTED

    @property
    def may_be_opened(self) -> bool:
        return bool(self.file) and self.scan in (Scan.CLEAN, Scan.RELEASED)


class FileToRemove(models.Model):
    """A file that no proof rests on any more, named in the transaction that gave it up; the worker removes it from the
    disk and then this row, so that neither a crash nor a rollback can leave it behind or lose one that is kept."""

    name = models.CharField(max_length=64, unique=True)


class Statement(models.Model):
    """A row of the ledger of facts. Never changed: a correction is a new row, a retraction is a row that names
    another."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="statements")
    name = models.CharField(max_length=64)
    value = models.CharField(max_length=64, blank=True)
    effective_on = models.DateField()
    until = models.DateField(null=True)
    evidence = models.ForeignKey(Evidence, null=True, on_delete=models.PROTECT, related_name="statements")
    retracts = models.OneToOneField("self", null=True, on_delete=models.PROTECT, related_name="retraction")
    reason = models.CharField(max_length=500, blank=True)
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey("access.User", null=True, on_delete=models.PROTECT, related_name="+")
    referral = models.ForeignKey("referrals.Referral", null=True, on_delete=models.PROTECT, related_name="statements")

    class Meta:
        ordering = ("id",)
        indexes = [models.Index(fields=["case", "name", "effective_on"], name="statement_by_case")]


class EvaluationRecord(models.Model):
    """An evaluation of a case, written only when points, risk, failures or needs changed. Keeps the edition, its
    digest, the ids of the statements read and the lines of the policy that gave the result: ids, never values."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="evaluations")
    at = models.DateTimeField()
    day = models.IntegerField()
    edition = models.CharField(max_length=64)
    digest = models.CharField(max_length=64)
    index = models.PositiveSmallIntegerField()
    risk = models.PositiveSmallIntegerField()
    success = models.BooleanField(null=True)
    domains = models.JSONField()
    failures = ArrayField(models.CharField(max_length=32))
    needs = ArrayField(models.CharField(max_length=64))
    statements = ArrayField(models.BigIntegerField())

    class Meta:
        ordering = ("-id",)
        indexes = [models.Index(fields=["case", "-id"], name="evaluation_by_case")]


class Milestone(models.Model):
    """The frozen state of a case on day 30, 60, 90 or 180, with its inputs, edition and reasons."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="milestones")
    day = models.PositiveSmallIntegerField()
    on = models.DateField()
    evaluation = models.JSONField()
    index = models.PositiveSmallIntegerField()
    risk = models.PositiveSmallIntegerField()
    failures = ArrayField(models.CharField(max_length=32))
    failed_ever = models.BooleanField()
    success = models.BooleanField(null=True)
    frozen_at = models.DateTimeField()

    class Meta:
        ordering = ("day",)
        constraints = [models.UniqueConstraint(fields=["case", "day"], name="milestone_once")]


class Plan(models.Model):
    """A version of the individual plan. An agreed plan is never edited: a change is a new version."""

    class State(models.TextChoices):
        DRAFT = "draft", _("draft")
        AGREED = "agreed", _("agreed with the person")
        SUPERSEDED = "superseded", _("replaced by a newer version")

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="plans")
    version = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=16, choices=State.choices, default=State.DRAFT)
    written_at = models.DateTimeField()
    written_by = models.ForeignKey("access.User", null=True, on_delete=models.PROTECT, related_name="+")
    agreed_on = models.DateField(null=True)
    agreement = models.ForeignKey(Evidence, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ("-version",)
        constraints = [models.UniqueConstraint(fields=["case", "version"], name="plan_version_once")]


class Step(models.Model):
    """A step of a plan towards a goal in a domain, with an actor and a date."""

    class Actor(models.TextChoices):
        PERSON = "person", _("the person")
        OFFICER = "officer", _("the case manager")
        AGENCY = "agency", _("an agency")

    plan = models.ForeignKey(Plan, on_delete=models.CASCADE, related_name="steps")
    domain = models.CharField(max_length=32)
    goal = models.CharField(_("goal"), max_length=300)
    action = models.CharField(_("step"), max_length=300)
    actor = models.CharField(_("who does it"), max_length=16, choices=Actor.choices)
    actor_name = models.CharField(_("name"), max_length=200, blank=True)
    due_on = models.DateField(_("by"))
    done_on = models.DateField(null=True)

    class Meta:
        ordering = ("due_on", "id")


class Note(models.Model):
    """A free note of the staff on a case. `about`: the kind of the act whose reason it is, as the journal names it."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="notes")
    at = models.DateTimeField()
    author = models.ForeignKey("access.User", on_delete=models.PROTECT, related_name="+")
    text = models.TextField(_("note"), max_length=4000)
    about = models.CharField(max_length=64, blank=True)

    class Meta:
        ordering = ("-id",)


class TransferRequest(models.Model):
    """A unit has met a person who is on the register of another, and asks for the case. It is in front of the unit that
    leads the case, whichever that is by then. `asked_as` is the person in the words of who asks, who sees nothing of
    the record until the case is theirs."""

    class State(models.TextChoices):
        OPEN = "open", _("waits for the answer")
        GRANTED = "granted", _("the case was transferred")
        DECLINED = "declined", _("the transfer was declined")

    class Reason(models.TextChoices):
        """Why a unit keeps a case."""

        OTHER_PERSON = "other_person", _("it is another person")
        LIVES_HERE = "lives_here", _("the person lives here")
        COURT = "court", _("a matter in court or a search is under way")
        CLOSED = "closed", _("the case here is closed: enrol the person anew")
        OTHER = "other", pgettext_lazy("why a case is kept", "another reason")

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="transfer_requests")
    unit = models.ForeignKey("agencies.Agency", on_delete=models.PROTECT, related_name="+")
    asked_by = models.ForeignKey("access.User", on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    asked_as = models.CharField(max_length=250)
    state = models.CharField(max_length=16, choices=State.choices, default=State.OPEN)
    reason = models.CharField(max_length=16, choices=Reason.choices, blank=True)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey("access.User", null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ("-id",)
        constraints = [
            models.UniqueConstraint(
                fields=["case", "unit"], name="transfer_request_one_open", condition=models.Q(state="open")
            )
        ]
        indexes = [models.Index(fields=["unit", "-id"], name="transfer_request_by_unit")]


from oralu.apps.cases.protected_models import Emergency, Exclusion, HealthNote, Offence  # noqa: E402

__all__ = [
    "Case",
    "CaseState",
    "ClosingGround",
    "Emergency",
    "EvaluationRecord",
    "Evidence",
    "Exclusion",
    "Ground",
    "HealthNote",
    "Milestone",
    "Note",
    "Offence",
    "Plan",
    "ProbationKind",
    "Statement",
    "Step",
    "TransferRequest",
]
