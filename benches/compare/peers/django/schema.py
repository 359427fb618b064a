"""The part of lockkeeper's schema that is asked, the way of strawberry-graphql-django: its optimizer joins and
prefetches, and its pages are told by offset and limit."""

import enum
from typing import Optional

import strawberry
import strawberry_django
from strawberry_django.optimizer import DjangoOptimizerExtension
from strawberry_django.pagination import OffsetPaginated

from fleet import models


@strawberry.enum
class VersionAction(enum.Enum):
    UPGRADE = "UPGRADE"
    REVERT = "REVERT"


@strawberry_django.type(models.Host)
class Host:
    hostname: str
    address: str


@strawberry_django.type(models.Version)
class Version:
    id: strawberry.auto
    name: str
    build_status: str

    @strawberry_django.field(only=["id", "build_status", "withdrawn_at", "removed_at"])
    def enabled(self, root: models.Version, action: VersionAction, current_version: strawberry.ID) -> bool:
        current = int(current_version)
        direction = root.id > current if action is VersionAction.UPGRADE else root.id < current
        return direction and root.build_status == "SUCCEEDED" and root.withdrawn_at is None and root.removed_at is None

    @classmethod
    def get_queryset(cls, queryset, info, **kwargs):
        return queryset.filter(removed_at=None)


@strawberry_django.filter_type(models.Instance)
class InstanceFilter:
    @strawberry_django.filter_field
    def hostname_starts_with(self, queryset, value: str, prefix: str):
        from django.db.models import Q

        return queryset, Q(**{f"{prefix}folded_hostname__gte": value, f"{prefix}folded_hostname__lt": value + "\U0010ffff"})


@strawberry_django.type(models.Instance, filters=InstanceFilter)
class Instance:
    id: strawberry.auto
    port: Optional[int]
    tag: Optional[str]
    weight: int
    status: str
    service: "Service"
    host: Host
    version: Optional[Version]

    @classmethod
    def get_queryset(cls, queryset, info, **kwargs):
        return queryset.exclude(status="REMOVED")


@strawberry_django.type(models.Service)
class Service:
    id: strawberry.auto
    name: str
    language: str
    description: str
    versions: OffsetPaginated[Version] = strawberry_django.offset_paginated()
    instances: OffsetPaginated[Instance] = strawberry_django.offset_paginated()

    @classmethod
    def get_queryset(cls, queryset, info, **kwargs):
        return queryset.filter(removed_at=None)


@strawberry.type
class Query:
    services: OffsetPaginated[Service] = strawberry_django.offset_paginated()
    instances: OffsetPaginated[Instance] = strawberry_django.offset_paginated()

    @strawberry_django.field
    def service(self, name: str) -> Optional[Service]:
        return models.Service.objects.filter(name=name)


schema = strawberry.Schema(query=Query, extensions=[DjangoOptimizerExtension])
