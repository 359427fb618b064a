"""lockkeeper's own tables, as far as they are asked for."""

from django.db import models


class Service(models.Model):
    name = models.TextField()
    language = models.TextField()
    description = models.TextField()
    removed_at = models.DateTimeField(null=True)

    class Meta:
        managed = False
        db_table = "service"
        ordering = ["name", "id"]


class Version(models.Model):
    service = models.ForeignKey(Service, models.DO_NOTHING, related_name="versions")
    name = models.TextField()
    build_status = models.TextField()
    withdrawn_at = models.DateTimeField(null=True)
    removed_at = models.DateTimeField(null=True)

    class Meta:
        managed = False
        db_table = "version"
        ordering = ["-id"]


class Host(models.Model):
    hostname = models.TextField()
    address = models.TextField()

    class Meta:
        managed = False
        db_table = "host"


class Instance(models.Model):
    service = models.ForeignKey(Service, models.DO_NOTHING, related_name="instances")
    host = models.ForeignKey(Host, models.DO_NOTHING)
    version = models.ForeignKey(Version, models.DO_NOTHING, null=True)
    hostname = models.TextField()
    folded_hostname = models.TextField()
    port = models.IntegerField(null=True)
    tag = models.TextField(null=True)
    weight = models.IntegerField()
    status = models.TextField()

    class Meta:
        managed = False
        db_table = "instance"
        ordering = ["folded_hostname", "id"]
