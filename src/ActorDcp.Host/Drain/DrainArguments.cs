using System.CommandLine;
using System.Globalization;
using ActorDcp.Client;
using ActorDcp.Host.CommandLine;
using ActorDcp.Hosting;
using ActorDcp.Hosting.Offsets;

namespace ActorDcp.Host.Drain;

/// <summary>The options of <c>drain</c>, and what they come to.</summary>
internal sealed class DrainArguments
{
    private const string Everything = "";

    private readonly ConnectionArguments _where = new("bucket to stream");
    private readonly Option<string?> _from = OptionOf.Text("--from", "where to begin: beginning, now, or a file of offsets", "beginning");
    private readonly Option<ByteSize> _buffer = OptionOf.Size("--buffer", "flow-control window of a connection", ByteSize.FromMebibytes(20));
    private readonly Option<bool> _xattrs = OptionOf.Flag("--xattrs", "stream extended attributes too");
    private readonly Option<bool> _deleteTimes = OptionOf.Flag("--delete-times", "deletions carry their time, and expirations come as such");
    private readonly Option<bool> _noValue = OptionOf.Flag("--no-value", "documents come without their values");
    private readonly Option<string?> _collections = OptionOf.Text("--collections", "collections by number or as scope.name, separated by commas");
    private readonly Option<string?> _scope = OptionOf.Text("--scope", "one scope by name or number, instead of collections");
    private readonly Option<bool> _oso = OptionOf.Flag("--oso", "backfills may come out of seqno order");
    private readonly Option<bool> _streamIds = OptionOf.Flag("--stream-ids", "name streams by ids, as several streams a vbucket need");
    private readonly Option<bool> _syncWrites = OptionOf.Flag("--sync-writes", "show prepares, commits and aborts of durable writes");
    private readonly Option<bool> _systemEvents = OptionOf.Flag("--system-events", "show what happens to scopes and collections");

    private readonly Option<DcpCompression> _compression = OptionOf.Choice(
        "--compression", "whether values travel compressed: on, off, forced", DcpCompression.On,
        ("on", DcpCompression.On), ("off", DcpCompression.Off), ("forced", DcpCompression.Forced));

    private readonly Option<DcpPriority?> _priority = OptionOf.Choice<DcpPriority?>(
        "--priority", "priority at the node: low, medium, high; high without a value", null,
        ("low", DcpPriority.Low), ("medium", DcpPriority.Medium), ("high", DcpPriority.High), (Everything, DcpPriority.High));

    private readonly Option<IReadOnlyList<VBucketId>?> _vbuckets = OptionOf.Parsed<IReadOnlyList<VBucketId>?>(
        "--vbuckets", "only these vbuckets: 0-63,70", null,
        text => VBucketSet.TryParse(text, out var vbuckets) ? (vbuckets, null) : (null, "is no list of vbuckets: write numbers and ranges, such as 0-63,70"));

    private readonly Option<string?> _until = OptionOf.Text(
        "--until", "where to end: now (each vbucket's high seqno when the drain began), never, count:N, or a file of offsets", "now");

    public DrainArguments()
    {
        _priority.Arity = ArgumentArity.ZeroOrOne;
        All =
        [
            .. _where.All, _vbuckets, _from, _until, Format, Values, Out, SaveOffsets, _buffer,
            _xattrs, _deleteTimes, _noValue, _collections, _scope, _oso, _streamIds, _syncWrites, _compression, _systemEvents, _priority, Verbose,
        ];
    }

    public IReadOnlyList<Option> All { get; }

    public Option<DrainFormat> Format { get; } = OptionOf.Choice(
        "--format", "what to write: jsonl, count, none", DrainFormat.JsonLines,
        ("jsonl", DrainFormat.JsonLines), ("count", DrainFormat.Count), ("none", DrainFormat.None));

    public Option<bool> Values { get; } = OptionOf.Flag("--values", "write the documents' values too");

    public Option<string?> Out { get; } = OptionOf.Text("--out", "file to write instead of standard output");

    public Option<string?> SaveOffsets { get; } = OptionOf.Text("--save-offsets", "file to write at the end: where every vbucket stood");

    public Option<bool> Verbose { get; } = OptionOf.Flag("--verbose", "log what happens to streams and connections");

    /// <exception cref="UsageException">Options are wrong or contradict each other.</exception>
    public DrainOptions Read(ParseResult arguments)
    {
        if (arguments.GetValue(_scope) is not null && arguments.GetValue(_collections) is not null)
            throw new UsageException("--scope cannot go with --collections: keep one of them");
        var where = _where.Read(arguments);
        return new DrainOptions
        {
            Where = where,
            VBuckets = arguments.GetValue(_vbuckets),
            From = Start(arguments.GetValue(_from)!),
            Until = End(arguments.GetValue(_until)!),
            Collections = arguments.GetValue(_collections)?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [],
            Scope = arguments.GetValue(_scope),
            SystemEvents = arguments.GetValue(_systemEvents),
            Connection = Connection(arguments, where.Kv),
        };
    }

    private DcpConnectionOptions Connection(ParseResult arguments, KvConnectionOptions kv)
    {
        var options = new DcpConnectionOptions
        {
            Kv = kv,
            Name = $"actordcp-drain-{Environment.ProcessId}-{Guid.NewGuid():n}",
            Window = Window(arguments),
            Xattrs = arguments.GetValue(_xattrs),
            DeleteTimes = arguments.GetValue(_deleteTimes),
            NoValue = arguments.GetValue(_noValue),
            Oso = arguments.GetValue(_oso),
            StreamIds = arguments.GetValue(_streamIds),
            SyncWrites = arguments.GetValue(_syncWrites),
            Compression = arguments.GetValue(_compression),
        };
        return arguments.GetValue(_priority) is { } priority ? options with { Priority = priority } : options;
    }

    private int Window(ParseResult arguments)
    {
        var size = arguments.GetValue(_buffer);
        return size.Bytes is > 0 and <= int.MaxValue
            ? (int)size.Bytes
            : throw new UsageException($"--buffer \"{size}\" is out of range: write a size from 1B to 2047MiB");
    }

    private static DrainStart Start(string text) => text switch
    {
        "beginning" => new DrainStart.Beginning(),
        "now" => new DrainStart.Now(),
        _ => new DrainStart.At(Offsets("--from", text, "write beginning, now or the path of a file of offsets")),
    };

    private static DrainEnd End(string text)
    {
        const string Count = "count:";
        if (text.StartsWith(Count, StringComparison.Ordinal))
            return long.TryParse(text.AsSpan(Count.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var items) && items > 0
                ? new DrainEnd.Count(items)
                : throw new UsageException($"--until \"{text}\" has no number above 0: write count:1000");
        return text switch
        {
            "now" => new DrainEnd.Now(),
            "never" => new DrainEnd.Never(),
            _ => new DrainEnd.At(Offsets("--until", text, "write now, never, count:N or the path of a file of offsets")),
        };
    }

    private static OffsetsFile Offsets(string option, string path, string mend)
    {
        if (!File.Exists(path))
            throw new UsageException($"{option} \"{path}\" is not known, and there is no such file: {mend}");
        try
        {
            return OffsetsFile.Read(path);
        }
        catch (InvalidDataException e)
        {
            throw new UsageException($"{option} {e.Message}", e);
        }
    }
}
