using ActorDcp.Protocol;

namespace ActorDcp.Producer.Buckets;

/// <summary>Changes made elsewhere: SET_WITH_META, ADD_WITH_META, DEL_WITH_META (dcp-reference.md 3.21).</summary>
internal sealed partial class VBucket
{
    public DocumentOutcome StoreWithMeta(in MetaRequest request)
    {
        // said of every cas that no document can have, also where it is not used (dcp-reference.md 10.24)
        if (request.Cas is 0 or DocumentLock.LockedCas)
            return DocumentOutcome.Refused(Status.KeyExists);
        lock (_gate)
        {
            var live = FindLive(request.Key, out var newest);
            if (request.OnlyAdd && live is not null)
                return DocumentOutcome.Refused(Status.KeyExists);
            if (live is null && request.ExpectedCas != 0)
                return DocumentOutcome.Refused(Status.KeyNotFound);
            if (live is not null && CheckChange(live, request.ExpectedCas) is not Status.Success and var status)
                return DocumentOutcome.Refused(status);
            if (!request.SkipsConflictResolution && newest is not null && !Wins(request, newest))
                return DocumentOutcome.Refused(Status.KeyExists);

            var isMutation = request.Kind == ItemKind.Mutation;
            var expiry = isMutation || request.Expiry != 0 ? request.Expiry : Now;
            var version = new ForeignVersion(request.RegeneratesCas ? null : request.Cas, request.Rev);
            return Done(Apply(newest, request.Key, request.Value, request.Flags, expiry, request.Datatype, request.Kind, version));
        }
    }

    /// <summary>Whether changes with metadata are resolved by time.</summary>
    public bool LastWriteWins => _settings.LastWriteWins;

    /// <summary>Compares revisions, then cas (where the last write wins the other way round), then (not for deletions) expiry and flags. Equal loses, unless only the newcomer has attributes.</summary>
    private bool Wins(in MetaRequest request, StoredItem stored)
    {
        var cas = CasOf(stored);
        if (_settings.LastWriteWins && request.Cas != cas)
            return request.Cas > cas;
        if (request.Rev != stored.Rev)
            return request.Rev > stored.Rev;
        if (request.Cas != cas || request.Kind != ItemKind.Mutation)
            return request.Cas > cas;
        if (request.Expiry != stored.Expiry)
            return request.Expiry > stored.Expiry;
        if (request.Flags != stored.Flags)
            return request.Flags > stored.Flags;
        return (request.Datatype & Datatype.Xattr) != 0 && (stored.Datatype & Datatype.Xattr) == 0;
    }
}
