using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;

namespace ActorDcp.Handlers.JsonLines;

/// <summary>
/// Writes what happens in a vbucket as JSON, one object a line, into a buffer of its own: take <see cref="Written"/>, then
/// <see cref="Clear"/>. Allocates nothing worth mention per event. Not thread-safe.
/// </summary>
internal sealed class DcpJsonLines : IDisposable
{
    private readonly PooledBuffer _buffer = new();
    private readonly Utf8JsonWriter _json;
    private readonly bool _values;

    /// <summary>Makes a writer.</summary>
    /// <param name="values">Whether documents' bodies are written too.</param>
    public DcpJsonLines(bool values = false)
    {
        _values = values;
        var options = new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };
        _json = new Utf8JsonWriter(_buffer, options);
    }

    /// <summary>The whole lines written since <see cref="Clear"/>; valid until then or the next write.</summary>
    public ReadOnlyMemory<byte> Written => _buffer.Written;

    /// <summary>Forgets the lines and gives the memory back.</summary>
    public void Clear() => _buffer.Clear();

    /// <inheritdoc/>
    public void Dispose()
    {
        _json.Dispose();
        _buffer.Clear();
    }

    /// <summary>A line for an event.</summary>
    /// <exception cref="InvalidDataException">The value is not what its datatype says; no line was written.</exception>
    public void Write(DcpBatch batch, in DcpEvent change, JsonLineStamp? stamp = null)
    {
        ArgumentNullException.ThrowIfNull(batch);
        // read before the line begins, so that a bad value leaves no torn line
        var hasDocument = change.IsMutation || change.IsRemoval;
        var inflated = hasDocument ? batch.ReadInflated(change) : default;
        var body = hasDocument && _values ? batch.ReadBody(change) : default;
        Begin(change.VBucket, TypeOf(change.Kind));
        if (change.Kind is not (DcpEventKind.OsoStart or DcpEventKind.OsoEnd))
            _json.WriteNumber(JsonNames.Seqno, change.Seqno.Value);
        switch (change.Kind)
        {
            case DcpEventKind.Mutation or DcpEventKind.Deletion or DcpEventKind.Expiration:
                WriteDocument(change, inflated.Span);
                if (_values)
                    WriteBody(change, body);
                break;
            case DcpEventKind.SystemEvent:
                WriteCollectionEvent(change.CollectionEvent);
                break;
            case DcpEventKind.Prepare:
                WriteKey(change);
                _json.WriteNumber(JsonNames.Level, change.DurabilityLevel);
                break;
            case DcpEventKind.Commit or DcpEventKind.Abort:
                WriteKey(change);
                _json.WriteNumber(JsonNames.PreparedSeqno, change.PreparedSeqno.Value);
                break;
            case DcpEventKind.OsoStart or DcpEventKind.OsoEnd:
                _json.WriteBoolean(JsonNames.Begin, change.Kind == DcpEventKind.OsoStart);
                break;
        }
        End(stamp);
    }

    /// <summary>A line for a snapshot marker.</summary>
    public void Write(VBucketId vbucket, SnapshotMarker marker, JsonLineStamp? stamp = null)
    {
        ArgumentNullException.ThrowIfNull(marker);
        Begin(vbucket, JsonNames.Snapshot);
        _json.WriteNumber(JsonNames.Start, marker.Snapshot.Start.Value);
        _json.WriteNumber(JsonNames.End, marker.Snapshot.End.Value);
        _json.WriteNumber(JsonNames.Flags, (uint)marker.Flags);
        _json.WriteNumber(JsonNames.Version, (byte)marker.Version / 10m);
        if (marker.Version >= SnapshotMarkerVersion.V20)
        {
            _json.WriteNumber(JsonNames.MaxVisibleSeqno, marker.MaxVisibleSeqno.Value);
            _json.WriteNumber(JsonNames.HighCompletedSeqno, marker.HighCompletedSeqno.Value);
        }
        if (marker.Version >= SnapshotMarkerVersion.V22)
        {
            _json.WriteNumber(JsonNames.PurgeSeqno, marker.PurgeSeqno.Value);
            _json.WriteNumber(JsonNames.HighPreparedSeqno, marker.HighPreparedSeqno.Value);
        }
        End(stamp);
    }

    /// <summary>A line for the end of a stream.</summary>
    public void Write(VBucketId vbucket, StreamEndReason reason)
    {
        Begin(vbucket, JsonNames.StreamEnd);
        _json.WriteString(JsonNames.Reason, JsonNames.Of(reason));
        _json.WriteNumber(JsonNames.Code, (uint)reason);
        End(null);
    }

    /// <summary>A line for a rollback.</summary>
    public void Write(RolledBack rollback, JsonLineStamp? stamp = null)
    {
        ArgumentNullException.ThrowIfNull(rollback);
        Begin(rollback.VBucket, JsonNames.RolledBack);
        _json.WriteNumber(JsonNames.From, rollback.From.Value);
        _json.WriteNumber(JsonNames.To, rollback.To.Value);
        _json.WriteString(JsonNames.Why, JsonNames.Of(rollback.Reason));
        _json.WriteString(JsonNames.VBuuid, rollback.Uuid.ToString());
        End(stamp);
    }

    private static JsonEncodedText TypeOf(DcpEventKind kind) => kind switch
    {
        DcpEventKind.Mutation => JsonNames.Mutation,
        DcpEventKind.Deletion => JsonNames.Deletion,
        DcpEventKind.Expiration => JsonNames.Expiration,
        DcpEventKind.SystemEvent => JsonNames.SystemEvent,
        DcpEventKind.SeqnoAdvanced => JsonNames.SeqnoAdvanced,
        DcpEventKind.Prepare => JsonNames.Prepare,
        DcpEventKind.Commit => JsonNames.Commit,
        DcpEventKind.Abort => JsonNames.Abort,
        DcpEventKind.OsoStart or DcpEventKind.OsoEnd => JsonNames.Oso,
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "no such event"),
    };

    private void Begin(VBucketId vbucket, JsonEncodedText type)
    {
        _json.Reset();
        _json.WriteStartObject();
        _json.WriteNumber(JsonNames.VBucket, vbucket.Value);
        _json.WriteString(JsonNames.Type, type);
    }

    private void End(JsonLineStamp? stamp)
    {
        if (stamp is { } told)
        {
            _json.WriteNumber(JsonNames.At, (told.At.UtcTicks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond);
            _json.WriteString(JsonNames.Member, told.Member);
            _json.WriteNumber(JsonNames.Epoch, told.Epoch.Value);
        }
        _json.WriteEndObject();
        _json.Flush();
        _buffer.GetSpan(1)[0] = (byte)'\n';
        _buffer.Advance(1);
    }

    private void WriteDocument(in DcpEvent change, ReadOnlySpan<byte> inflated)
    {
        WriteKey(change);
        Span<byte> digits = stackalloc byte[20];
        Utf8Formatter.TryFormat(change.Cas, digits, out var length);
        _json.WriteString(JsonNames.Cas, digits[..length]);
        _json.WriteNumber(JsonNames.Rev, change.RevSeqno);
        _json.WriteNumber(JsonNames.Flags, change.Flags);
        _json.WriteNumber(JsonNames.Expiry, change.Expiry);
        if (change.IsRemoval)
            _json.WriteNumber(JsonNames.DeleteTime, change.DeleteTime);
        // the Snappy bit is how it travelled
        _json.WriteNumber(JsonNames.Datatype, (byte)(change.Datatype & (Datatype.Json | Datatype.Xattr)));
        _json.WriteNumber(JsonNames.CollectionId, change.CollectionId);
        _json.WriteNumber(JsonNames.Length, inflated.Length);
        Span<byte> hash = stackalloc byte[SHA1.HashSizeInBytes];
        Span<char> hex = stackalloc char[2 * SHA1.HashSizeInBytes];
#pragma warning disable CA5350 // a fingerprint to compare values by, not a protection
        SHA1.HashData(inflated, hash);
#pragma warning restore CA5350
        Convert.TryToHexStringLower(hash, hex, out _);
        _json.WriteString(JsonNames.Sha1, hex);
    }

    private void WriteKey(in DcpEvent change)
    {
        var key = change.Key.Span;
        if (Utf8.IsValid(key))
            _json.WriteString(JsonNames.Key, key);
        else
            _json.WriteBase64String(JsonNames.KeyBase64, key);
    }

    private void WriteBody(in DcpEvent change, ReadOnlyMemory<byte> body)
    {
        if (body.IsEmpty && change.IsRemoval)
            return;
        if (change.Datatype.HasFlag(Datatype.Json) && CompactJson.IsJson(body.Span))
        {
            _json.WritePropertyName(JsonNames.Value);
            CompactJson.Write(_json, body.Span);
        }
        else
        {
            _json.WriteBase64String(JsonNames.ValueBase64, body.Span);
        }
    }

    private void WriteCollectionEvent(CollectionEvent? change)
    {
        if (change is null)
        {
            _json.WriteString(JsonNames.Event, "unknown");
            return;
        }
        _json.WriteString(JsonNames.Event, JsonNames.Of(change.Kind));
        _json.WriteNumber(JsonNames.Scope, change.ScopeId);
        if (change.CollectionId is { } collection)
            _json.WriteNumber(JsonNames.CollectionId, collection);
        if (change.Name is { } name)
            _json.WriteString(JsonNames.Name, name);
        _json.WriteNumber(JsonNames.Manifest, change.ManifestUid);
        if (change.MaxTtl is { } maxTtl)
            _json.WriteNumber(JsonNames.MaxTtl, maxTtl);
    }
}
