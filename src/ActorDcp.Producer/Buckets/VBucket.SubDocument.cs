using ActorDcp.Producer.SubDocument;
using ActorDcp.Protocol;

namespace ActorDcp.Producer.Buckets;

/// <summary>Operations on parts of a document (dcp-reference.md 3.21): read, change and written back as one change.</summary>
internal sealed partial class VBucket
{
    /// <summary>Reads paths. Without results the status says why.</summary>
    public DocumentOutcome Lookup(ReadOnlySpan<byte> key, SubDocumentRequest request, out PathResult[] results)
    {
        results = [];
        DocumentOutcome outcome;
        ChangeFacts facts;
        lock (_gate)
        {
            var live = FindLive(key, out var newest);
            if ((request.Has(DocumentFlags.AccessDeleted) ? newest : live) is not { } item)
                return DocumentOutcome.Refused(Status.KeyNotFound);
            item.Frequency = FrequencyCounter.Next(item.Frequency);
            if (_changed is not null && item.Seqno <= PersistedSeqno)
                item.ExpiryBefore = 0;
            outcome = Show(item);
            facts = new ChangeFacts(0, 0, _failovers.Newest.Uuid, Now);
        }
        results = SubDocumentLookup.Run(request, outcome.Item!, outcome.Cas, facts);
        return outcome;
    }

    /// <summary>Changes paths, all or none. The answer is what the request answers besides its status.</summary>
    public DocumentOutcome Modify(ReadOnlySpan<byte> key, SubDocumentRequest request, out byte[] answer)
    {
        answer = [];
        lock (_gate)
        {
            var live = FindLive(key, out var newest);
            var old = request.Has(DocumentFlags.AccessDeleted) ? newest : live;
            if (CheckModify(request, old) is not Status.Success and var refused)
                return DocumentOutcome.Refused(refused);
            try
            {
                var facts = new ChangeFacts(ReserveCas(), _highSeqno + 1, _failovers.Newest.Uuid, Now);
                var mutation = new SubDocumentMutation(request, old, old is null ? 0 : CasOf(old), facts);
                var status = mutation.Run();
                answer = mutation.Answer;
                if (status != Status.Success)
                    return DocumentOutcome.Refused(status);
                var change = mutation.Change();
                var expiry = change.ExpiryField is { } field ? ExpiryFor(key, field) : change.Expiry;
                var done = Done(Apply(newest, key, change.Value, change.Flags, expiry, change.Datatype, change.Kind));
                if (change.Kind == ItemKind.Deletion && done.Item is { Kind: ItemKind.Deletion } buried)
                    buried.ExpiryBefore = live?.Expiry ?? 0;
                return done.Status == Status.Success && mutation.LeavesTombstone ? done with { Status = Status.SubdocSuccessDeleted } : done;
            }
            finally
            {
                _reservedCas = 0;
            }
        }
    }

    private Status CheckModify(SubDocumentRequest request, StoredItem? old)
    {
        if (old is null)
            return request.Cas == 0 && request.Has(DocumentFlags.MakeDocument | DocumentFlags.Add) && !request.Has(DocumentFlags.Revive)
                ? Status.Success
                : Status.KeyNotFound;
        if (request.Has(DocumentFlags.Add))
            return Status.KeyExists;
        if (request.Has(DocumentFlags.Revive) && !old.IsDeleted)
            return Status.SubdocCanOnlyReviveDeleted;
        return CheckChange(old, request.Cas);
    }
}
