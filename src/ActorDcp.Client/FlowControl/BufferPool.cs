using System.Collections.Concurrent;
using System.Diagnostics;

namespace ActorDcp.Client;

/// <summary>
/// Arrays that one thread rents and another returns, kept by powers of two up to a bound of elements. Larger ones are made to
/// measure and left to the garbage collector. Debug builds know what is rented and refuse what is not. Thread-safe.
/// </summary>
internal sealed class BufferPool<T>
{
    private readonly Stack<T[]>[] _classes;
    private readonly int _smallest;
    private readonly int _largest;
    private readonly long _mostKept;
    private readonly Lock _gate = new();
    private readonly ConcurrentDictionary<T[], string> _rentals = new(ReferenceEqualityComparer.Instance);
    private long _kept;
    private long _rented;
    private long _rentedElements;

    /// <param name="smallest">Elements of the smallest array; a power of two.</param>
    /// <param name="largest">Elements of the largest array that is kept; a power of two.</param>
    /// <param name="mostKept">Most elements kept in unused arrays.</param>
    internal BufferPool(int smallest, int largest, long mostKept)
    {
        _smallest = smallest;
        _largest = largest;
        _mostKept = mostKept;
        _classes = new Stack<T[]>[ClassOf(largest) + 1];
        for (var i = 0; i < _classes.Length; i++)
            _classes[i] = new Stack<T[]>();
    }

    /// <summary>Arrays that are rented now.</summary>
    internal long Rented => Interlocked.Read(ref _rented);

    /// <summary>Elements of the arrays that are rented now.</summary>
    internal long RentedElements => Interlocked.Read(ref _rentedElements);

    /// <summary>What is rented now, by purpose. Debug builds only.</summary>
    internal IReadOnlyCollection<string> Rentals => [.. _rentals.Values];

    /// <summary>An array of at least so many elements, with whatever content.</summary>
    internal T[] Rent(int atLeast, string purpose)
    {
        var array = Find(atLeast);
        Interlocked.Increment(ref _rented);
        Interlocked.Add(ref _rentedElements, array.Length);
        Track(array, purpose);
        return array;
    }

    /// <summary>Takes an array back. The caller must not touch it any more.</summary>
    internal void Return(T[] array)
    {
        Forget(array);
        if (array.Length > _largest)
            return;
        lock (_gate)
        {
            if (_kept + array.Length > _mostKept)
                return;
            _kept += array.Length;
            _classes[ClassOf(array.Length)].Push(array);
        }
    }

    /// <summary>Strikes an array off that somebody may still use: it goes to the garbage collector.</summary>
    internal void Forget(T[] array)
    {
        Untrack(array);
        Interlocked.Decrement(ref _rented);
        Interlocked.Add(ref _rentedElements, -array.Length);
    }

    private T[] Find(int atLeast)
    {
        if (atLeast > _largest)
            return GC.AllocateUninitializedArray<T>(atLeast);
        var size = Math.Max(_smallest, (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)atLeast));
        lock (_gate)
        {
            if (_classes[ClassOf(size)].TryPop(out var kept))
            {
                _kept -= size;
                return kept;
            }
        }
        return GC.AllocateUninitializedArray<T>(size);
    }

    private int ClassOf(int size) =>
        System.Numerics.BitOperations.Log2((uint)size) - System.Numerics.BitOperations.Log2((uint)_smallest);

    [Conditional("DEBUG")]
    private void Track(T[] array, string purpose)
    {
        if (!_rentals.TryAdd(array, purpose))
            throw new InvalidOperationException($"an array was rented twice, now as {purpose}");
    }

    [Conditional("DEBUG")]
    private void Untrack(T[] array)
    {
        if (!_rentals.TryRemove(array, out _))
            throw new InvalidOperationException("an array was returned that was not rented");
    }
}
